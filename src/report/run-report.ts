import { basename } from "node:path";
import type { StartImage } from "../images/ladder.ts";
import { cargoText, duration } from "../log/text.ts";
import type { Span } from "../log/timeline.ts";
import type { Prepared } from "../modes/prepare.ts";
import type { PublishedLayers } from "../modes/publish.ts";
import { type Conclusion, codes, type TaskResult } from "../task/ends.ts";
import { imageOutputs } from "./image-outputs.ts";
import { layerReport } from "./layer-report.ts";
import type { Outputs } from "./outputs.ts";
import type { Report } from "./report.ts";
import { code, firstOf, summary } from "./summary.ts";

interface Ran {
  readonly prepared: Prepared;
  readonly image: StartImage;
  readonly result: TaskResult;
  readonly published: PublishedLayers;
  readonly spans: readonly Span[];
}

/** What `mode: run` says when it ran nothing. */
export function skippedReport(why: string): Report {
  return {
    outputs: { conclusion: "skipped", "exit-code": "", "cache-hit": "false" },
    exitCode: 0,
    failure: undefined,
    summary: nothingRan("skipped", why),
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
    summary: nothingRan(conclusion, why),
  };
}

function nothingRan(conclusion: Conclusion, why: string): string {
  return summary({
    title: `Agent Runner: ${conclusion}`,
    facts: [["why", code(why)]],
    layers: [],
    spans: [],
    warnings: [],
  });
}

/** What `mode: run` says at its end. Pure. */
export function runReport(ran: Ran): Report {
  const { prepared, image, result, spans } = ran;
  const layers = image.outcomes.map((outcome) =>
    layerReport(outcome, ran.published.get(outcome.layer.name)),
  );
  const outputs: Outputs = {
    ...imageOutputs(prepared, image, layers, spans),
    "exit-code": String(result.exitCode),
    conclusion: result.conclusion,
    "artifacts-path": result.artifactsPath,
    "transcript-path": result.transcriptPath,
    "novnc-url": result.noVncUrl ?? "",
    "agent-outputs": JSON.stringify(result.outputs),
  };
  return {
    outputs,
    exitCode: result.exitCode,
    failure: result.failure,
    summary: summary({
      title: `Agent Runner: ${result.conclusion}`,
      facts: facts(ran),
      layers,
      spans,
      // the failure first: of many warnings only some are shown
      warnings: [...(result.failure ? [result.failure.message] : []), ...result.warnings],
      tail: result.tail,
    }),
  };
}

function facts({ prepared, image, result, published, spans }: Ran): (readonly [string, string])[] {
  const task = spans.find(({ name }) => name === "task");
  const reached = spans.find(({ name }) => name === "reach the command");
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  return [
    ["image", `${code(image.reference)} (${image.source})`],
    ["base", code(prepared.base?.digest ?? "not resolved")],
    ...(missing.length === 0
      ? []
      : [["installed at task start", missing.map(({ name }) => name).join(", ")] as const]),
    ...(reached === undefined || task === undefined
      ? []
      : [
          ["ready after", duration(reached.end)] as const,
          ["task", duration(task.end - reached.end)] as const,
        ]),
    ...publishing(spans, task),
    ...savedFact(published),
    ["exit code", String(result.exitCode)],
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

/** What was added to the Actions cache, which a repository has only so much of. */
export function savedFact(published: PublishedLayers): readonly [string, string][] {
  const saved = [...published.values()].flatMap((one) => one.saved ?? []);
  const bytes = saved.reduce((sum, one) => sum + one.bytes, 0);
  const entries = saved.reduce((sum, one) => sum + one.entries, 0);
  return saved.length === 0 ? [] : [["saved to the Actions cache", cargoText({ bytes, entries })]];
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
