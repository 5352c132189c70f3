import type { Layer } from "../layers/layer.ts";

/** What became of one layer: the row of the report. */
export interface LayerOutcome {
  readonly layer: Layer;
  /** A store's name, or `built`; `none`: nowhere to be had and not built; `failed`: its build failed. */
  readonly source: string;
  /** The same for people: `found in the registry`. */
  readonly shown: string;
  readonly digest: string | undefined;
  /** Why it was a miss, or `hit`. */
  readonly why: string;
  readonly ms: number;
}

type Rest = Pick<LayerOutcome, "digest" | "why" | "ms">;

export function foundIn(
  store: { readonly name: string; readonly title: string },
  layer: Layer,
  rest: Omit<Rest, "why">,
): LayerOutcome {
  return { layer, source: store.name, shown: `found in ${store.title}`, why: "hit", ...rest };
}

export function built(layer: Layer, rest: Rest): LayerOutcome {
  return { layer, source: "built", shown: "built", ...rest };
}

export function notFound(layer: Layer, why: string, ms = 0): LayerOutcome {
  return { layer, source: "none", shown: "missing", digest: undefined, why, ms };
}

export function notBuilt(layer: Layer, why: string, ms: number): LayerOutcome {
  return { layer, source: "failed", shown: "build failed", digest: undefined, why, ms };
}
