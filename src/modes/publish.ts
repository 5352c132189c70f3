import type { LayerName } from "../build/layers.ts";
import type { StartImage } from "../images/ensure.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { Published } from "../images/store.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

export type PublishedLayers = ReadonlyMap<LayerName, Published>;

/**
 * Sends images to where others find them, bottom first, so that a child finds its parent's layers
 * there. Never fails: what could not be sent is a warning, a denial a notice.
 *
 * @param replace send what the store has under the same key, too: a rebuild
 */
export async function publishLayers(
  outcomes: readonly LayerOutcome[],
  replace: boolean,
  { base, shared, push }: Prepared,
  { log, timeline }: Runtime,
): Promise<PublishedLayers> {
  const published = new Map<LayerName, Published>();
  if (outcomes.length === 0 || base === undefined) {
    return published;
  }
  if (!push.push) {
    if (push.why !== undefined) {
      log.notice(`the images built here are not pushed, because ${push.why}`);
    }
    return published;
  }
  const expected = { platform: base.platform, baseDiffIds: base.diffIds };
  for (const store of shared) {
    for (const { layer } of outcomes) {
      const result = await timeline.measure(`publish ${layer.name}`, async () => {
        try {
          return await store.publish?.(layer, expected, replace);
        } catch (error) {
          return { outcome: "failed", why: String(error) } as const;
        }
      });
      if (result !== undefined) {
        published.set(layer.name, result);
        tell(layer.name, result, log);
      }
    }
  }
  return published;
}

/**
 * What a run that started a task publishes: what it built, and a parent that only this engine had,
 * so that others find the whole chain.
 */
export function worthPublishing({ outcomes }: StartImage): readonly LayerOutcome[] {
  const top = outcomes.findLastIndex(({ source }) => source === "built");
  return outcomes.filter(
    ({ source }, index) => source === "built" || (source === "local" && index < top),
  );
}

function tell(layer: LayerName, result: Published, log: Runtime["log"]): void {
  const { outcome, digest, why } = result;
  if (outcome === "sent") {
    log.info(`layer ${layer}: published, ${digest ?? "digest not told"}`);
  } else if (outcome === "already there") {
    log.info(`layer ${layer}: not sent, ${why}, ${digest ?? "digest not told"}`);
  } else if (outcome === "denied") {
    log.notice(`layer ${layer} was not published, the push was denied: ${why}`);
  } else {
    log.warning(`layer ${layer} was not published: ${why}`);
  }
}
