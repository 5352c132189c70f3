import type { StartImage } from "../images/ladder.ts";
import { sha256 } from "../keys/hash.ts";
import { duration } from "../log/text.ts";
import type { Job } from "../settings/load.ts";
import type { SettingName, Settings } from "../settings/schema.ts";
import type { AgentRun } from "../task/agent-stream.ts";
import type { TaskResult } from "../task/ends.ts";
import { code } from "./markdown.ts";
import { usageText } from "./run-report.ts";
import { quoted } from "./summary.ts";

/**
 * What tells the legs of a matrix apart: GitHub names them nowhere, but they differ in settings.
 * Only settings that a later run of the same leg has again: a prompt may be another one every time,
 * scripts change with the pull request, and of `env` not even a hash should be public.
 */
const legSettings = [
  "environment",
  "base-image",
  "platform",
  "headless-desktop",
  "agent",
  "agent-version",
  "agent-model",
  "agent-args",
  "prompt-file",
  "command",
  "user",
] as const satisfies readonly SettingName[];

/** The step's place, and the machine, which a matrix may choose, too. */
const stepVariables = ["GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_ACTION", "RUNNER_ARCH"];

/**
 * Which comment is whose: the same for a step in every run, another one for another step and for a
 * leg of a matrix with other settings. Legs that differ in nothing of it (in `env` or the prompt
 * alone) share one. A run that a comment asked for has one for that comment, by its id. Pure.
 */
export function commentKey(
  environment: NodeJS.ProcessEnv,
  settings: Partial<Settings>,
  askedBy?: string,
): string {
  const told = [
    ...stepVariables.map((name) => environment[name] ?? ""),
    ...legSettings.map((name) => settings[name] ?? ""),
    ...(askedBy === undefined ? [] : [askedBy]),
  ];
  return `${environment.GITHUB_JOB || "job"}-${sha256(JSON.stringify(told)).slice(0, 12)}`;
}

/** What a comment tells of a run; there is no image and no exit code where the run ended before its task. */
export interface Told extends Pick<TaskResult, "conclusion" | "failure"> {
  readonly agent?: AgentRun | undefined;
  readonly image?: StartImage;
  readonly exitCode?: number;
  /** What became of its changes, as a line of Markdown; undefined where there is nothing to say. */
  readonly handedOver?: string | undefined;
}

/**
 * How a pull request is told: by an `answer` to each question, by one comment that is kept up to date (`sticky`), or not
 * at all. Pure.
 */
export function commentWay(
  setting: Settings["comment"],
  isAsked: boolean,
): "answer" | "sticky" | "none" {
  if (setting === "sticky") {
    return "sticky";
  }
  const wanted = setting ?? isAsked;
  return wanted ? (isAsked ? "answer" : "sticky") : "none";
}

/** The comment's text, Markdown: the answer first, what ran below it. Pure. */
export function commentBody(
  { settings }: Pick<Job, "settings">,
  told: Told,
  ms: number,
  environment: NodeJS.ProcessEnv,
): string {
  const { conclusion, failure, agent, handedOver } = told;
  const facts = factsOf(settings, told, ms, environment);
  const lines = [`**Agent Runner: ${conclusion}**`, ""];
  if (failure !== undefined) {
    lines.push(`${code(failure.message)}`, "");
  }
  if (agent?.message !== undefined && agent.message.trim() !== "") {
    lines.push(quoted(agent.message), "");
  }
  if (handedOver !== undefined) {
    lines.push(handedOver, "");
  }
  lines.push(facts.map((fact) => `- ${fact}`).join("\n"));
  return lines.join("\n");
}

/** What ran, how long, what it used, and from what: Markdown, one fact an entry. Pure. */
export function factsOf(
  settings: Partial<Settings>,
  { exitCode, image, agent }: Told,
  ms: number,
  environment: NodeJS.ProcessEnv,
): readonly string[] {
  const what = settings.agent ?? "a command";
  const run = runUrl(environment);
  const used = agent?.usage === undefined ? "" : usageText(agent.usage);
  return [
    exitCode === undefined
      ? `did not run: ${what}, ${duration(ms)} in all`
      : `ran: ${what}, exit code ${exitCode}, ${duration(ms)} in all`,
    ...(used === "" ? [] : [used]),
    ...(image === undefined ? [] : [`image from ${image.source}`]),
    ...(run === undefined ? [] : [`[the run](${run})`]),
  ];
}

/** The page of the present run; undefined outside of GitHub Actions. */
export function runUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
  } = environment;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
