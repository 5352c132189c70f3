import type { Base } from "../images/base.ts";
import { foundIn, type LayerOutcome, notFound } from "../images/outcome.ts";
import type { Store } from "../images/store.ts";
import { expectedOn } from "../images/verify.ts";
import type { Layer } from "../layers/layer.ts";
import { layerReport } from "../report/layer-report.ts";
import { planTable } from "../report/plan-table.ts";
import type { Report } from "../report/report.ts";
import { planReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import { prepare } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

/** `mode: plan`: the layers, their keys, and where each would come from. Pulls and builds nothing. */
export async function plan(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const prepared = await prepare(job, runtime);
  const { base, stores, unresolved } = prepared;
  const outcomes =
    base === undefined
      ? []
      : await Promise.all(prepared.layers.map((layer) => locate(layer, base, stores, runtime)));
  if (unresolved !== undefined) {
    log.warning(`the base image could not be resolved, so there are no keys: ${unresolved}`);
  }
  log.info(`base image: ${prepared.baseImage}, ${base?.digest ?? "not resolved"}`);
  for (const line of planTable(outcomes)) {
    log.info(line);
  }
  const json = JSON.stringify(
    outcomes.map((outcome) => layerReport(outcome)),
    undefined,
    2,
  );
  await log.group("The plan as JSON", async () => {
    for (const line of json.split("\n")) {
      log.info(line);
    }
  });
  return planReport(prepared, outcomes, timeline.spans());
}

/** Asks the stores in their order, fetching nothing. */
async function locate(
  layer: Layer,
  base: Base,
  stores: readonly Store[],
  { timeline, log, redactor }: Runtime,
): Promise<LayerOutcome> {
  const span = timeline.start(`probe ${layer.name}`);
  const reasons: string[] = [];
  const expected = expectedOn(base);
  for (const store of stores) {
    const lookup = await store.probe(layer, expected);
    if (lookup.hit) {
      return foundIn(store, layer, { digest: lookup.digest, ms: span.end() });
    }
    if (lookup.trouble) {
      log.warning(lookup.why);
    }
    reasons.push(lookup.why);
  }
  const why = redactor.redact(`would be built: ${reasons.join("; ")}`);
  return notFound(layer, why, span.end());
}
