import { type AgentName, agents, installLine } from "../agents/agents.ts";
import type { ContainerState } from "../engine/containers.ts";
import { lastWords } from "../log/text.ts";
import { whatIsWrongWithAnswer, whyAgentFailed, whyTooDear } from "./agent-failure.ts";
import { maxOutputBytes, parseAgentOutput } from "./agent-output.ts";
import type { AgentRun } from "./agent-stream.ts";
import type { TaskChanges } from "./changes/watch.ts";
import { whyNotBegun } from "./not-begun.ts";
import { failedStage, type Notes } from "./notes.ts";
import type { ScriptFailed } from "./provision.ts";
import type { TaskRequest } from "./request.ts";
import { stageFailure, stagesOf } from "./stage-failure.ts";

export type Conclusion = "success" | "failure" | "timeout" | "cancelled" | "skipped";

/** What is known when the container has ended, beside what it left. */
export interface End {
  readonly ended: "by itself" | "timeout" | "cancelled";
  readonly scriptFailed: ScriptFailed | undefined;
  /** Things that went wrong and stopped nothing. */
  readonly warnings: readonly string[];
  readonly noVncUrl: string | undefined;
  /** What the agent's own stream said; undefined for a command. */
  readonly agent?: AgentRun | undefined;
}

/** Nothing has ended yet. */
export const noEnd: End = {
  ended: "by itself",
  scriptFailed: undefined,
  warnings: [],
  noVncUrl: undefined,
};

/** How the task ended, for outputs, summary and the step's own end. */
export interface TaskResult {
  readonly conclusion: Conclusion;
  readonly exitCode: number;
  /** Why it is no success, for the user; with a place when it is a file of the workspace. */
  readonly failure:
    | {
        readonly message: string;
        readonly file?: string | undefined;
        readonly line?: number | undefined;
      }
    | undefined;
  /** Things that went wrong and stopped nothing. */
  readonly warnings: readonly string[];
  readonly artifacts: readonly string[];
  readonly artifactsPath: string;
  readonly transcriptPath: string;
  readonly noVncUrl: string | undefined;
  /** The end of the transcript, as it is. */
  readonly tail: string;
  /** What the agent wrote to its output file. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the agent's own stream said; undefined for a command. */
  readonly agent: AgentRun | undefined;
  /** Where that stream is kept; undefined for a command. */
  readonly agentStreamPath: string | undefined;
  /** What it changed in the workspace; undefined where that is not known. */
  readonly changes?: TaskChanges | undefined;
}

interface Evidence extends End {
  readonly state: ContainerState;
  readonly notes: Notes;
  readonly artifacts: readonly string[];
  readonly artifactsPath: string;
  readonly transcriptPath: string;
  readonly agentStreamPath: string;
  readonly tail: string;
  /** What of the task's work did not come out of the container, and why: without it nothing is a success. */
  readonly lost: readonly string[];
  readonly changes?: TaskChanges | undefined;
  readonly request: TaskRequest;
}

/** Exit codes of the contract; the engine's own failure has the one that `docker run` gives it. */
export const codes = { timeout: 124, engine: 125, notFound: 127, cancelled: 130, killed: 137 };

/** How a task ended that the engine could not make, start or keep. Pure. */
export function engineFailed(
  message: string,
  known: Pick<
    Evidence,
    "artifactsPath" | "transcriptPath" | "changes" | "warnings" | "tail" | "request"
  >,
): TaskResult {
  const { request, ...rest } = known;
  const cancelled = request.cancelled.aborted;
  return {
    ...rest,
    conclusion: cancelled ? "cancelled" : "failure",
    exitCode: cancelled ? codes.cancelled : codes.engine,
    failure: { message },
    artifacts: [],
    noVncUrl: undefined,
    outputs: {},
    agent: undefined,
    agentStreamPath: undefined,
  };
}

/** Decides from what the container left how the task ended. Pure. */
export function conclude(evidence: Evidence): TaskResult {
  const { ended, notes } = evidence;
  const warnings = [...evidence.warnings];
  const { values, warning } = outputsOf(notes);
  warnings.push(...warning);
  const desktop = evidence.request.job.settings["headless-desktop"];
  if (notes.has("desktop-failed") && desktop === "optional") {
    warnings.push(
      "the desktop did not start; the task went on without one (`headless-desktop: optional`). Its logs are in the transcript",
    );
  }
  if (notes.has("screenshot-failed") && desktop !== "false") {
    warnings.push("the final screenshot could not be taken; the transcript says why");
  }
  if (brokeOff(evidence)) {
    warnings.push(
      "the agent's stream ended without its result: what it said last may not be its answer",
    );
  }
  const limit = evidence.request.job.settings["agent-max-cost"];
  const tooDear = limit === undefined ? undefined : whyTooDear(evidence.agent, Number(limit));
  if (tooDear !== undefined) {
    warnings.push(tooDear);
  }
  const failure = ended === "by itself" ? failureOf(evidence) : undefined;
  if (ended !== "by itself" || failure !== undefined) {
    warnings.push(...evidence.lost);
  }
  const result = (
    conclusion: Conclusion,
    exitCode: number,
    failure?: TaskResult["failure"],
  ): TaskResult => ({
    conclusion,
    exitCode,
    failure,
    warnings,
    artifacts: evidence.artifacts,
    artifactsPath: evidence.artifactsPath,
    transcriptPath: evidence.transcriptPath,
    noVncUrl: notes.has("desktop") && desktop !== "false" ? evidence.noVncUrl : undefined,
    tail: evidence.tail,
    outputs: values,
    agent: evidence.agent,
    agentStreamPath: evidence.agent && evidence.agentStreamPath,
    changes: evidence.changes,
  });
  if (ended === "cancelled") {
    return result("cancelled", codes.cancelled, { message: "the task was cancelled" });
  }
  if (ended === "timeout") {
    const minutes = evidence.request.job.settings["task-timeout"];
    return result("timeout", codes.timeout, {
      message: `the task took longer than ${minutes} min (\`task-timeout\`) and was ended`,
    });
  }
  if (failure !== undefined) {
    return result("failure", failure.exitCode, failure);
  }
  return evidence.lost.length > 0
    ? result("failure", 1, { message: evidence.lost.join("; ") })
    : result("success", 0);
}

/** An agent ended as if all were well, but its tool never said that it had come to the end. */
function brokeOff({ agent, state, ended }: Evidence): boolean {
  const spoke = agent?.sessionId !== undefined || agent?.message !== undefined;
  return ended === "by itself" && state.ExitCode === 0 && spoke && agent?.ended !== true;
}

function outputsOf(notes: Notes) {
  const written = notes.get("output");
  const { values, problems } = parseAgentOutput(written?.toString("utf8") ?? "");
  const warning = problems.map((problem) => `$AGENT_OUTPUT: ${problem}`);
  if (notes.has("started") && written === undefined) {
    warning.push(`$AGENT_OUTPUT: the file is gone or larger than ${maxOutputBytes} bytes`);
  }
  return { values, warning };
}

function failureOf(evidence: Evidence) {
  const { state, notes, scriptFailed, request } = evidence;
  const notBegun =
    scriptFailed === undefined ? whyNotBegun(state, notes, evidence.tail) : undefined;
  if (notBegun !== undefined) {
    return { exitCode: state.ExitCode || 1, message: notBegun };
  }
  if (scriptFailed !== undefined) {
    const { script, code, message } = scriptFailed;
    const text = `${message} (at task start)`;
    return { exitCode: code, message: `${text}${outOfMemory(state)}`, file: script.source };
  }
  const stage = state.ExitCode === 0 ? undefined : failedStage(notes, stagesOf(request));
  if (stage !== undefined) {
    const failure = stageFailure(stage, state.ExitCode, request);
    // a desktop has logs of its own, above
    const words = stage.stage === "desktop" ? "" : lastWords(evidence.tail);
    const said = words === "" ? "" : `: ${words}`;
    const message = `${failure.message}${said}${outOfMemory(state)}${withoutSudo(evidence)}`;
    return { ...failure, exitCode: state.ExitCode, message };
  }
  const { agent } = request.job.settings;
  if (agent !== undefined && notes.has("not-found") && state.ExitCode === codes.notFound) {
    return { exitCode: codes.notFound, message: whereIsThe(agent, request) };
  }
  if (!notes.has("started")) {
    return {
      exitCode: state.ExitCode || 1,
      message: state.OOMKilled
        ? `the task ended before the command was reached${outOfMemory(state)}`
        : `the task ended before the command was reached, with exit code ${state.ExitCode}; a preflight that calls \`exec\`, or kills its shell, does that`,
    };
  }
  if (agent !== undefined && (state.ExitCode !== 0 || evidence.agent?.failed !== undefined)) {
    const why = whyAgentFailed(agent, evidence.agent, request.environment);
    if (why !== undefined) {
      return { exitCode: state.ExitCode || 1, message: `${why}${outOfMemory(state)}` };
    }
  }
  if (state.ExitCode === 0) {
    return wrongAnswer(evidence);
  }
  const ended = `${agent ?? "the command"} ended with exit code ${state.ExitCode}`;
  const killed = state.ExitCode === codes.killed ? " (it was killed)" : "";
  const why =
    outOfMemory(state) || withoutSudo(evidence) || `${killed}${withoutKey(agent, request)}`;
  return { exitCode: state.ExitCode, message: `${ended}${why}` };
}

/** An answer that is not what was asked for is no success. */
function wrongAnswer({ agent, request }: Evidence) {
  const { schema } = request.job.agentFiles;
  if (schema === undefined || agent === undefined) {
    return undefined;
  }
  const wrong = whatIsWrongWithAnswer(agent.structured, schema);
  const asks = request.job.settings.review ? "review" : "agent-schema";
  return wrong === undefined
    ? undefined
    : {
        exitCode: 1,
        message: `the agent's answer is not what \`${asks}\` asks for: ${wrong}`,
      };
}

/** The most frequent reason for an agent to fail; a preflight may have logged it in, so only a hint. */
function withoutKey(agent: AgentName | undefined, { environment }: TaskRequest): string {
  if (agent === undefined) {
    return "";
  }
  const { keys: needs, otherAccess, configFolder } = agents[agent];
  if ([...needs, ...otherAccess].some((name) => environment.has(name))) {
    return "";
  }
  return `; \`env\` has none of ${needs.join(", ")}, so it had no access to its model unless a preflight gave it some (an export, or a login in ~/${configFolder})`;
}

/** sudo says in these words that it may not do what it is for. */
function withoutSudo({ tail, request }: Evidence): string {
  const wanted = /sudo: .*no new privileges/i.test(tail);
  return wanted && !request.job.settings["allow-sudo"]
    ? ": sudo was called, which a task may use with `allow-sudo: true` only; what the cached preflight installs does not need it"
    : "";
}

/** The end of a message, where the engine saw a process of the task end for want of memory. */
function outOfMemory({ OOMKilled }: ContainerState): string {
  return OOMKilled
    ? ": the task ran out of memory, and a process of it was killed; give it more (`memory`) or let it use less"
    : "";
}

function whereIsThe(agent: AgentName, { job, user }: TaskRequest): string {
  const missing = `${agents[agent].binary} was not found in the image`;
  return job.settings["agent-version"] !== undefined && user !== undefined
    ? `${missing} for the user ${user}: the layer of \`agent-version\` has it for the image's own user. Leave \`user\` out, or install it for everybody as root in the cached preflight: ${installLine(agent)}`
    : `${missing}. Put this line into the cached preflight: ${installLine(agent)}; or set \`agent-version\``;
}
