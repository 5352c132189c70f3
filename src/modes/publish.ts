import type { StartImage } from "../images/ladder.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { Published, StoreName } from "../images/store.ts";
import type { LayerName } from "../layers/layers.ts";
import { cargoText } from "../log/text.ts";
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
  { base, shared, push, cache }: Prepared,
  { log, timeline }: Runtime,
): Promise<PublishedLayers> {
  const published = new Map<LayerName, Published>();
  if (outcomes.length === 0 || base === undefined) {
    return published;
  }
  const notSent = whyNotSent(push.why, cache?.why);
  if (notSent !== undefined) {
    log.notice(notSent);
  }
  const expected = { platform: base.platform, baseDiffIds: base.diffIds };
  for (const store of shared.filter(({ name }) => name !== "registry" || push.push)) {
    const to = store.name === "registry" ? "" : " to the Actions cache";
    for (const { layer } of outcomes) {
      if (store.publish === undefined) {
        break; // it is only read
      }
      const result = await timeline.measure(`publish ${layer.name}${to}`, async () => {
        try {
          return await store.publish?.(layer, expected, replace);
        } catch (error) {
          return { outcome: "failed", why: String(error) } as const;
        }
      });
      if (result !== undefined) {
        const before = published.get(layer.name);
        const { saved } = result;
        published.set(layer.name, before === undefined ? result : { ...before, saved });
        tell(layer.name, result, store.name, log);
      }
      if (store.name === "actions-cache" && result?.outcome === "denied") {
        break; // what it denies once it denies always, and one notice is enough
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

/** Why nothing is sent, in one sentence though two stores may have the same reason. Pure. */
function whyNotSent(push: string | undefined, cache: string | undefined): string | undefined {
  if (push === undefined && cache === undefined) {
    return undefined;
  }
  const what =
    cache === undefined
      ? "not pushed"
      : push === undefined
        ? "not saved to the Actions cache"
        : "neither pushed nor saved to the Actions cache";
  return `the images built here are ${what}, because ${push ?? cache}`;
}

function tell(layer: LayerName, result: Published, store: StoreName, log: Runtime["log"]): void {
  const { outcome, digest, why } = result;
  if (store === "actions-cache") {
    tellOfCache(layer, result, log);
  } else if (outcome === "sent") {
    log.info(`layer ${layer}: published, ${digest ?? "digest not told"}`);
  } else if (outcome === "already there") {
    log.info(`layer ${layer}: not sent, ${why}, ${digest ?? "digest not told"}`);
  } else if (outcome === "denied") {
    log.notice(`layer ${layer} was not published, the push was denied: ${why}`);
  } else {
    log.warning(`layer ${layer} was not published: ${why}`);
  }
}

function tellOfCache(
  layer: LayerName,
  { outcome, why, saved }: Published,
  log: Runtime["log"],
): void {
  if (outcome === "sent") {
    const what = saved === undefined ? "" : `, ${cargoText(saved)}`;
    log.info(`layer ${layer}: saved to the Actions cache${what}`);
    return;
  }
  const part = saved === undefined ? "" : ` (${cargoText(saved)} had been sent by then)`;
  if (outcome === "already there") {
    log.info(`layer ${layer}: not saved to the Actions cache, because ${why}${part}`);
  } else {
    const message = `layer ${layer} was not saved to the Actions cache: ${why}${part}`;
    outcome === "denied" ? log.notice(message) : log.warning(message);
  }
}
