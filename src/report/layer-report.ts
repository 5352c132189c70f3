import type { LayerOutcome } from "../images/outcome.ts";
import type { PublishedLayers } from "../images/store.ts";
import type { Component } from "../keys/components.ts";

/** A layer in the `layers` output. */
export interface LayerReport {
  readonly name: string;
  readonly key: string;
  readonly reference: string;
  /** Of the image that is used here. */
  readonly digest: string;
  /** Of the image that a registry has under the key, where it was sent or found there. */
  readonly published: string;
  readonly source: string;
  readonly why: string;
  readonly ms: number;
  readonly pushed: boolean;
  readonly saved: boolean;
  readonly components: readonly Component[];
}

export function layerReport(outcome: LayerOutcome, published?: PublishedLayers): LayerReport {
  const { layer } = outcome;
  const results = published?.get(layer.name) ?? [];
  const pushed = results.find(({ store }) => store.verb === "pushed");
  const isWhole = results.some(
    ({ store, outcome, saved }) =>
      store.verb === "saved" && outcome === "sent" && saved?.whole !== false,
  );
  return {
    name: layer.name,
    key: layer.key,
    reference: layer.reference,
    digest: outcome.digest ?? "",
    published: pushed?.digest ?? "",
    source: outcome.source,
    why: outcome.why,
    ms: Math.round(outcome.ms),
    pushed: pushed?.outcome === "sent",
    saved: isWhole,
    components: layer.components,
  };
}
