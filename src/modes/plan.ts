import type { Base } from "../images/base.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { Lookup, Store, StoreName } from "../images/store.ts";
import type { Layer } from "../layers/layers.ts";
import { layerReport } from "../report/layer-report.ts";
import { keyOutput } from "../report/outputs.ts";
import { planTable } from "../report/plan-table.ts";
import type { Report } from "../report/report.ts";
import { summary } from "../report/summary.ts";
import type { Job } from "../settings/load.ts";
import { prepare } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

/** `mode: plan`: the layers, their keys, and where each would come from. Pulls and builds nothing. */
export async function plan(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const prepared = await prepare(job, runtime);
  const { base, local, shared } = prepared;
  const outcomes =
    base === undefined
      ? []
      : await Promise.all(
          prepared.layers.map((layer) => locate(layer, base, [local, ...shared], runtime)),
        );
  const layers = outcomes.map((outcome) => layerReport(outcome, undefined));
  if (prepared.unresolved !== undefined) {
    log.warning(
      `the base image could not be resolved, so there are no keys: ${prepared.unresolved}`,
    );
  }
  log.info(`base image: ${job.settings["base-image"]}, ${prepared.base?.digest ?? "not resolved"}`);
  for (const line of planTable(layers)) {
    log.info(line);
  }
  const json = JSON.stringify(layers, undefined, 2);
  await log.group("The plan as JSON", async () => {
    for (const line of json.split("\n")) {
      log.info(line);
    }
  });
  return {
    outputs: {
      "base-digest": prepared.base?.digest ?? "",
      "desktop-key": "",
      "env-key": "",
      "agent-key": "",
      ...Object.fromEntries(outcomes.map(({ layer }) => [keyOutput(layer.name), layer.key])),
      layers: JSON.stringify(layers),
      timings: JSON.stringify(timeline.spans()),
    },
    summary: summary({
      title: "Agent Runner: plan",
      facts: [],
      layers,
      spans: [],
      warnings: prepared.unresolved === undefined ? [] : [prepared.unresolved],
    }),
    exitCode: 0,
    failure: undefined,
  };
}

/** Asks the stores in their order, fetching nothing. */
async function locate(
  layer: Layer,
  base: Base,
  stores: readonly Store[],
  { timeline, log }: Runtime,
): Promise<LayerOutcome> {
  const span = timeline.start(`probe ${layer.name}`);
  const reasons: string[] = [];
  let found: { store: StoreName; lookup: Lookup & { hit: true } } | undefined;
  const expected = { platform: base.platform, baseDiffIds: base.diffIds };
  for (const store of stores) {
    const lookup = await store.probe(layer, expected);
    if (lookup.hit) {
      found = { store: store.name, lookup };
      break;
    }
    if (lookup.trouble) {
      log.warning(lookup.why);
    }
    reasons.push(lookup.why);
  }
  return {
    layer,
    source: found?.store ?? "none",
    digest: found?.lookup.digest,
    why: found === undefined ? `would be built: ${reasons.join("; ")}` : "hit",
    ms: span.end(),
  };
}
