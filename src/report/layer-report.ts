import type { LayerOutcome } from "../images/outcome.ts";
import type { Published } from "../images/store.ts";
import type { Component } from "../keys/components.ts";

/** A layer in the `layers` output. */
export interface LayerReport {
  readonly name: string;
  readonly key: string;
  readonly reference: string;
  /** Of the image that is used here. */
  readonly digest: string;
  /** Of the image that the registry has under the key, where it was sent or found there. */
  readonly published: string;
  readonly source: string;
  readonly why: string;
  readonly ms: number;
  readonly pushed: boolean;
  readonly saved: boolean;
  readonly components: readonly Component[];
}

export function layerReport(outcome: LayerOutcome, pushed: Published | undefined): LayerReport {
  const { layer } = outcome;
  const inRegistry = pushed?.store === "actions-cache" ? undefined : pushed;
  return {
    name: layer.name,
    key: layer.key,
    reference: layer.reference,
    digest: outcome.digest ?? "",
    published: inRegistry?.digest ?? "",
    source: outcome.source,
    why: outcome.why,
    ms: Math.round(outcome.ms),
    pushed: inRegistry?.outcome === "sent",
    saved: pushed?.saved?.whole === true,
    components: layer.components,
  };
}
