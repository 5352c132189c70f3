import { basename } from "node:path";
import type { Usage } from "../agents/agent.ts";
import type { StartImage } from "../images/ladder.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { PublishedLayers } from "../images/store.ts";
import { cargoText, duration } from "../log/text.ts";
import type { Span } from "../log/timeline.ts";
import type { TaskChanges } from "../task/changes/watch.ts";
import { type Conclusion, codes, type TaskResult } from "../task/ends.ts";
import { imageOutputs, type Planned } from "./image-outputs.ts";
import { layerReport } from "./layer-report.ts";
import { code, prose } from "./markdown.ts";
import { keyOutputs, type Outputs } from "./outputs.ts";
import type { Report } from "./report.ts";
import { firstOf, summary } from "./summary.ts";

// What each mode shows at its end: outputs, summary, and whether the step fails. Pure.

interface Ran {
  readonly planned: Planned;
  readonly image: StartImage;
  readonly result: TaskResult;
  readonly published: PublishedLayers;
  readonly spans: readonly Span[];
  /** What ran, as Markdown: a command, or the agent with its model. */
  readonly what: string;
  readonly pullRequest: number | undefined;
  /** Of the review that was made of the agent's answer. */
  readonly reviewUrl?: string | undefined;
  /** What became of the changes and the review, as Markdown. */
  readonly said?: string | undefined;
  /** Where the changes are. */
  readonly handedOver?: Outputs | undefined;
}

/** What every mode says when nothing was started, because it was not permitted. */
export function skippedReport(why: string): Report {
  return {
    outputs: { conclusion: "skipped", "exit-code": "", "cache-hit": "false" },
    exitCode: 0,
    failure: undefined,
    summary: nothingRan("skipped", prose(why)),
  };
}

/**
 * What a mode says when it ended before there was a task: cancelled, or because of trouble. A task that
 * never ran has no exit code, but the contract has one for a cancel.
 */
export function endedReport(conclusion: "cancelled" | "failure", why: string): Report {
  const cancelled = conclusion === "cancelled" ? { "exit-code": String(codes.cancelled) } : {};
  return {
    outputs: { conclusion, ...cancelled, "cache-hit": "false" },
    exitCode: conclusion === "cancelled" ? codes.cancelled : 1,
    failure: { message: why },
    summary: nothingRan(conclusion, code(why)),
  };
}

function nothingRan(conclusion: Conclusion, why: string): string {
  return summary({
    title: `Agent Runner: ${conclusion}`,
    facts: [["why", why]],
    layers: [],
    spans: [],
    warnings: [],
  });
}

/** What `mode: run` says at its end. */
export function runReport(ran: Ran): Report {
  const { planned, image, result, published, spans } = ran;
  const outputs: Outputs = {
    ...imageOutputs(planned, image, published, spans),
    "exit-code": String(result.exitCode),
    conclusion: result.conclusion,
    "changes-path": result.changes?.patchPath ?? "",
    "changed-files": changedFiles(result),
    ...{ "commit-sha": "", branch: "", "pull-request-url": "" },
    ...ran.handedOver,
    "review-url": ran.reviewUrl ?? "",
    "artifacts-path": result.artifactsPath,
    "transcript-path": result.transcriptPath,
    "novnc-url": result.noVncUrl ?? "",
    ...agentOutputs(result),
    "agent-outputs": JSON.stringify(result.outputs),
  };
  return {
    outputs,
    exitCode: result.exitCode,
    failure: result.failure,
    summary: summary({
      title: `Agent Runner: ${result.conclusion}`,
      answer: result.agent?.message,
      said: ran.said,
      facts: facts(ran),
      layers: image.outcomes,
      spans,
      tailIsOpen: result.conclusion !== "success",
      // the failure first: of many warnings only some are shown
      warnings: [...(result.failure ? [result.failure.message] : []), ...result.warnings],
      tail: result.tail,
    }),
  };
}

const mostChanged = 200_000;

/** As many as fit: the log and the summary say how many there are. */
function changedFiles({ changes }: TaskResult): string {
  if (changes === undefined) {
    return ""; // nobody knows
  }
  const lines: string[] = [];
  let room = mostChanged;
  for (const file of changes.files) {
    const line = JSON.stringify(file);
    room -= line.length + 1;
    if (room < 0) {
      break;
    }
    lines.push(line);
  }
  return `[${lines.join(",")}]`;
}

/** `3 files changed` */
export function changesText({ files }: TaskChanges): string {
  return `${files.length} ${files.length === 1 ? "file" : "files"} changed`;
}

/** GitHub takes an output of at most 1 MiB; an answer above this is in the transcript. */
const mostOutput = 500_000;

function agentOutputs({ agent, agentStreamPath }: TaskResult): Outputs {
  const { message = "", structured, sessionId = "", usage } = agent ?? {};
  const answer = structured === undefined ? "" : JSON.stringify(structured);
  return {
    "final-message": message.slice(0, mostOutput),
    "structured-output": answer.length > mostOutput ? "" : answer,
    "session-id": sessionId,
    usage: usage === undefined ? "" : JSON.stringify(usage),
    "agent-stream-path": agentStreamPath ?? "",
  };
}

/** What `mode: plan` says: the layers, their keys, and where each would come from. */
export function planReport(
  planned: Planned & { readonly unresolved: string | undefined },
  outcomes: readonly LayerOutcome[],
  spans: readonly Span[],
): Report {
  const layers = outcomes.map(({ layer }) => layer);
  return {
    outputs: {
      "base-digest": planned.base?.digest ?? "",
      ...keyOutputs(layers),
      layers: JSON.stringify(outcomes.map((outcome) => layerReport(outcome))),
      timings: JSON.stringify(spans),
    },
    summary: summary({
      title: "Agent Runner: plan",
      facts: [baseFact(planned)],
      layers: outcomes,
      spans: [],
      warnings: planned.unresolved === undefined ? [] : [planned.unresolved],
    }),
    exitCode: 0,
    failure: undefined,
  };
}

/**
 * What `mode: prebuild` says; `reference` is what a following job can pull, where there is such a thing.
 *
 * @param forNobody why no store takes what is built here, though one is named
 */
export function prebuildReport(
  planned: Planned,
  image: StartImage,
  published: PublishedLayers,
  spans: readonly Span[],
  forNobody?: string,
): Report {
  const failed = [...published.values()]
    .flat()
    .find(({ outcome }) => outcome === "failed" || outcome === "denied");
  const message =
    failed === undefined
      ? forNobody &&
        `${forNobody}; where a build alone is wanted, set \`push: never\` and \`actions-cache: off\``
      : `the images were built but could not be published: ${failed.why}`;
  const failure = message === undefined ? undefined : { message };
  const conclusion = failure === undefined ? "success" : "failure";
  return {
    outputs: { ...imageOutputs(planned, image, published, spans), conclusion },
    exitCode: failure === undefined ? 0 : 1,
    failure,
    summary: summary({
      title: `Agent Runner: prebuild, ${conclusion}`,
      facts: [baseFact(planned), ...savedFact(published)],
      layers: image.outcomes,
      spans,
      warnings: failure === undefined ? [] : [failure.message],
    }),
  };
}

/** `1200 tokens in (800 cached), 300 out, $0.02, 3 turns` */
export function usageText({ input, cached, output, cost, turns }: Usage): string {
  const parts = [
    ...(input === undefined ? [] : [`${input} tokens in${cached ? ` (${cached} cached)` : ""}`]),
    ...(output === undefined ? [] : [`${output} out`]),
    ...(cost === undefined ? [] : [`$${cost.toFixed(cost < 0.1 ? 4 : 2)}`]),
    ...(turns === undefined ? [] : [`${turns} ${turns === 1 ? "turn" : "turns"}`]),
  ];
  return parts.join(", ");
}

function facts({
  planned,
  image,
  result,
  published,
  spans,
  what,
  pullRequest,
}: Ran): (readonly [string, string])[] {
  const task = spans.find(({ name }) => name === "task");
  const reached = spans.find(({ name }) => name === "reach the command");
  const missing = planned.contents.filter(({ name }) => !image.provides.has(name));
  return [
    ["ran", what],
    ...(pullRequest === undefined ? [] : [["pull request", `#${pullRequest}`] as const]),
    ...(result.agent?.usage === undefined
      ? []
      : [["used", usageText(result.agent.usage)] as const]),
    ["started from", code(image.reference)],
    baseFact(planned),
    ...(missing.length === 0
      ? []
      : [["installed at task start", missing.map(({ title }) => title).join(", ")] as const]),
    ...(reached === undefined || task === undefined
      ? []
      : [
          ["ready after", duration(reached.end)] as const,
          ["task", duration(task.end - reached.end)] as const,
        ]),
    ...publishing(spans, task),
    ...savedFact(published),
    ["exit code", String(result.exitCode)],
    ...changesFact(result),
    ...(result.artifacts.length === 0
      ? []
      : [
          [
            "artifacts",
            `${firstOf(result.artifacts.map(code)).join(", ")} in the folder that the output <code>artifacts-path</code> names`,
          ] as const,
        ]),
    ["transcript", code(basename(result.transcriptPath))],
  ];
}

function changesFact({ changes }: TaskResult): readonly [string, string][] {
  if (changes === undefined || changes.files.length === 0) {
    return [];
  }
  const names = changes.files.map(
    ({ path, status }) => `${code(path)}${status === "modified" ? "" : ` (${status})`}`,
  );
  return [["workspace", `${changesText(changes)}: ${firstOf(names).join(", ")}`]];
}

/** What was added to the Actions cache, which a repository has only so much of. */
function savedFact(published: PublishedLayers): readonly [string, string][] {
  const saved = [...published.values()].flat().flatMap((one) => one.saved ?? []);
  const bytes = saved.reduce((sum, one) => sum + one.bytes, 0);
  const entries = saved.reduce((sum, one) => sum + one.entries, 0);
  return saved.length === 0 ? [] : [["saved to the Actions cache", cargoText({ bytes, entries })]];
}

/** The base image by its name, and what that stands for today. */
function baseFact({ baseImage, base }: Planned): readonly [string, string] {
  return ["base image", `${code(baseImage)}, ${code(base?.digest ?? "not resolved")}`];
}

/** How long the publishing took and how much of it the task hid. */
function publishing(spans: readonly Span[], task: Span | undefined): readonly [string, string][] {
  const pushes = spans.filter(({ name }) => name.startsWith("publish "));
  if (pushes.length === 0 || task === undefined) {
    return [];
  }
  const total = pushes.reduce((sum, { start, end }) => sum + end - start, 0);
  const hidden = pushes.reduce(
    (sum, { start, end }) =>
      sum + Math.max(0, Math.min(end, task.end) - Math.max(start, task.start)),
    0,
  );
  return [["publishing", `${duration(total)}, ${duration(hidden)} of it beside the task`]];
}
