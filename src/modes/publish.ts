import type { Layer, LayerName } from "../build/layers.ts";
import type { Published } from "../images/store.ts";
import type { Job } from "../settings/load.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

export type PublishedLayers = ReadonlyMap<LayerName, Published>;

/**
 * Sends what was built to where others find it, beside the task. Never fails: what could not be sent
 * is a warning, a denial a notice.
 */
export async function publishBuilt(
  job: Job,
  built: readonly Layer[],
  prepared: Prepared,
  { log, timeline }: Runtime,
): Promise<PublishedLayers> {
  const published = new Map<LayerName, Published>();
  const { base } = prepared;
  if (job.settings.push !== "always" || base === undefined) {
    return published;
  }
  const expected = { platform: base.platform, baseDiffIds: base.diffIds };
  for (const store of prepared.stores) {
    for (const layer of store.publish === undefined ? [] : built) {
      const result = await timeline.measure(`publish ${layer.name}`, async () => {
        try {
          return await store.publish?.(layer, expected);
        } catch (error) {
          return { outcome: "failed", why: String(error) } as const;
        }
      });
      if (result !== undefined) {
        published.set(layer.name, result);
        tell(layer, result, log);
      }
    }
  }
  return published;
}

function tell(layer: Layer, result: Published, log: Runtime["log"]): void {
  if (result.outcome === "sent") {
    log.info(`layer ${layer.name}: published, ${result.digest ?? "no digest told"}`);
  } else if (result.outcome === "failed") {
    log.warning(`layer ${layer.name} was not published: ${result.why}`);
  } else {
    log.notice(`layer ${layer.name} was not published: ${result.why}`);
  }
}
