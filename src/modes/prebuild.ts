import { ownBuilder } from "../build/builder-choice.ts";
import { repositoryOf } from "../layers/layers.ts";
import { imageOutputs } from "../report/image-outputs.ts";
import { layerReport } from "../report/layer-report.ts";
import type { Report } from "../report/report.ts";
import { savedFact } from "../report/run-report.ts";
import { code, summary } from "../report/summary.ts";
import type { Job } from "../settings/load.ts";
import { imageFor } from "./image.ts";
import { prepare, registryName } from "./prepare.ts";
import { publishLayers } from "./publish.ts";
import type { Runtime } from "./runtime.ts";

/**
 * `mode: prebuild`: builds what no store has and publishes it, without a task. Nothing is pulled but a
 * parent that only the Actions cache has. The image is the job here: what cannot be built or sent fails
 * the step.
 */
export async function prebuild(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const { settings } = job;
  const prepared = await prepare(job, runtime);
  if (prepared.base !== undefined && prepared.layers.length === 0) {
    log.warning(
      "there is nothing to prebuild: turn on `cache-desktop-build` with `headless-desktop`, or `cache-container-build` with a cached preflight",
    );
  }
  const otherBuilder = settings.builder !== undefined && settings.builder !== ownBuilder.name;
  const pushFromBuilder = otherBuilder && prepared.push.push;
  const image = await imageFor(
    job,
    prepared,
    { start: false, pushFromBuilder, mustBuild: true },
    runtime,
  );
  const here = image.outcomes.filter(({ source }) => source === "built" || source === "local");
  const published = await publishLayers(
    pushFromBuilder ? [] : here,
    settings.rebuild,
    prepared,
    runtime,
  );
  const layers = image.outcomes.map((outcome) => {
    const report = layerReport(outcome, published.get(outcome.layer.name));
    return pushFromBuilder && outcome.source === "built"
      ? { ...report, pushed: true, published: outcome.digest ?? "" }
      : report;
  });
  const top = layers.at(-1);
  // what a following job can pull, where there is such a thing
  const reference =
    top !== undefined && top.published !== "" && registryName(job) !== undefined
      ? `${registryName(job)}/${repositoryOf(top.name)}@${top.published}`
      : image.reference;
  const failed = [...published.values()].find(
    ({ outcome }) => outcome === "failed" || outcome === "denied",
  );
  const failure =
    failed === undefined
      ? undefined
      : { message: `the images were built but could not be published: ${failed.why}` };
  const spans = timeline.spans();
  return {
    outputs: {
      ...imageOutputs(prepared, { ...image, reference }, layers, spans),
      conclusion: failure === undefined ? "success" : "failure",
    },
    exitCode: failure === undefined ? 0 : 1,
    failure,
    summary: summary({
      title: `Agent Runner: prebuild, ${failure === undefined ? "success" : "failure"}`,
      facts: [["base", code(prepared.base?.digest ?? "not resolved")], ...savedFact(published)],
      layers,
      spans,
      warnings: failure === undefined ? [] : [failure.message],
    }),
  };
}
