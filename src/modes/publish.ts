import type { StartImage } from "../images/ladder.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import type { Published, PublishedLayers, PublishedTo, Store } from "../images/store.ts";
import { expectedOn } from "../images/verify.ts";
import type { Layer } from "../layers/layer.ts";
import { cargoText } from "../log/text.ts";
import type { Prepared } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Sends images to where others find them, bottom first, so that a child finds its parent's layers
 * there. Never fails: what could not be sent is a warning, a denial a notice.
 *
 * @param replace send what the store has under the same key, too: a rebuild
 */
export async function publishLayers(
  outcomes: readonly LayerOutcome[],
  replace: boolean,
  { base, stores }: Pick<Prepared, "base" | "stores">,
  { log, redactor, timeline }: Pick<Runtime, "log" | "redactor" | "timeline">,
): Promise<PublishedLayers> {
  const published = new Map<string, PublishedTo[]>();
  if (outcomes.length === 0 || base === undefined) {
    return published;
  }
  const notSent = whyNotSent(stores);
  if (notSent !== undefined) {
    log.notice(notSent);
  }
  const expected = expectedOn(base);
  for (const store of stores.filter(({ policy }) => policy.write)) {
    for (const { layer } of outcomes) {
      const result = await timeline.measure(`publish ${layer.name} to ${store.title}`, async () => {
        try {
          return await store.publish?.(layer, expected, replace);
        } catch (error) {
          return { outcome: "failed", why: String(error) } as const;
        }
      });
      if (result !== undefined) {
        const why = result.why && redactor.redact(result.why);
        const told = [...(published.get(layer.name) ?? []), { ...result, why, store }];
        published.set(layer.name, told);
        tell(layer, result, store, log);
      }
      if (result?.outcome === "denied") {
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
    ({ source, isHere }, index) => source === "built" || (isHere && index < top),
  );
}

/**
 * Why nobody else gets what is built here, although the settings name a store for it: undefined where one takes it, or
 * where none is named. Pure.
 */
export function whyForNobody(stores: readonly Store[]): string | undefined {
  return stores.some(({ policy }) => policy.write) ? undefined : whyNotSent(stores);
}

/** Why nothing is sent, in one sentence though several stores may have the same reason. Pure. */
function whyNotSent(stores: readonly Store[]): string | undefined {
  const silent = stores.filter(({ policy }) => !policy.write && policy.why !== undefined);
  const [first] = silent;
  if (first === undefined) {
    return undefined;
  }
  const what = silent.map(({ verb, title }) => `${verb} to ${title}`).join(" nor ");
  const not = silent.length === 1 ? "not" : "neither";
  return `the images built here are ${not} ${what}, because ${first.policy.why}`;
}

function tell(
  { title }: Layer,
  { outcome, digest, why, saved, isNotice }: Published,
  store: Store,
  log: Runtime["log"],
): void {
  const to = `${store.verb} to ${store.title}`;
  if (outcome === "sent") {
    const what = saved === undefined ? digest : cargoText(saved);
    log.info(`${title}: ${to}${what === undefined ? "" : ` (${what})`}`);
    return;
  }
  const part = saved === undefined ? "" : ` (${cargoText(saved)} had been sent by then)`;
  if (outcome === "already there") {
    const which = digest === undefined ? "" : ` (${digest})`;
    if (isNotice) {
      log.notice(`the ${title} was not ${to}: ${why}${which}`);
    } else {
      log.info(`${title}: not ${to}: ${why}${which}${part}`);
    }
  } else {
    const denied = outcome === "denied" ? ", access was denied" : "";
    const message = `the ${title} was not ${to}${denied}: ${why}${part}`;
    outcome === "denied" ? log.notice(message) : log.warning(message);
  }
}
