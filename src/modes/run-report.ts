import { basename } from "node:path";
import type { StartImage } from "../images/ensure.ts";
import { layerReport } from "../report/layer-report.ts";
import { keyOutput, type Outputs } from "../report/outputs.ts";
import type { Report } from "../report/report.ts";
import { code, summary } from "../report/summary.ts";
import { duration } from "../report/text.ts";
import type { Span } from "../report/timeline.ts";
import type { Job } from "../settings/load.ts";
import type { TaskResult } from "../task/conclusion.ts";
import type { Prepared } from "./prepare.ts";
import type { PublishedLayers } from "./publish.ts";

interface Ran {
  readonly job: Job;
  readonly prepared: Prepared;
  readonly image: StartImage;
  readonly result: TaskResult;
  readonly published: PublishedLayers;
  readonly spans: readonly Span[];
}

/** What `mode: run` says at its end. Pure. */
export function runReport(ran: Ran): Report {
  const { prepared, image, result, spans } = ran;
  const layers = image.outcomes.map((outcome) =>
    layerReport(outcome, ran.published.get(outcome.layer.name)),
  );
  const wanted = prepared.contents.filter(({ cached }) => cached);
  const hit =
    wanted.length > 0 &&
    image.built.length === 0 &&
    wanted.every(({ name }) => image.provides.has(name));
  const outputs: Outputs = {
    image: image.reference,
    "image-source": image.source,
    "cache-hit": String(hit),
    "base-digest": prepared.base?.digest ?? "",
    "desktop-key": "",
    "env-key": "",
    ...Object.fromEntries(image.outcomes.map(({ layer }) => [keyOutput(layer.name), layer.key])),
    layers: JSON.stringify(layers),
    "exit-code": String(result.exitCode),
    conclusion: result.conclusion,
    "artifacts-path": result.artifactsPath,
    "transcript-path": result.transcriptPath,
    "novnc-url": result.noVncUrl ?? "",
    timings: JSON.stringify(spans.map((span) => rounded(span))),
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
      warnings: [...result.warnings, ...(result.failure ? [result.failure.message] : [])],
    }),
  };
}

function facts({ prepared, image, result, spans }: Ran): (readonly [string, string])[] {
  const task = spans.find(({ name }) => name === "task");
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  return [
    ["image", `${code(image.reference)} (${image.source})`],
    ["base", code(prepared.base?.digest ?? "not resolved")],
    ...(missing.length === 0
      ? []
      : [["installed at task start", missing.map(({ name }) => name).join(", ")] as const]),
    ...(task === undefined
      ? []
      : [
          ["ready after", duration(task.start)] as const,
          ["task", duration(task.end - task.start)] as const,
        ]),
    ["exit code", String(result.exitCode)],
    ...(result.artifacts.length === 0
      ? []
      : [
          [
            "artifacts",
            `${result.artifacts.map((path) => code(path)).join(", ")} in <code>artifacts-path</code>`,
          ] as const,
        ]),
    ["transcript", code(basename(result.transcriptPath))],
  ];
}

function rounded({ name, start, end }: Span): Span {
  return { name, start: Math.round(start), end: Math.round(end) };
}
