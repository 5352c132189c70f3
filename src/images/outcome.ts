import type { Layer } from "../layers/layer.ts";
import type { Store } from "./store.ts";

/** What became of one layer: the row of the report. */
export interface LayerOutcome {
  readonly layer: Layer;
  /** A store's name, or `built`; `none`: nowhere to be had and not built; `failed`: its build failed. */
  readonly source: string;
  /** The same for people: `found in the registry`. */
  readonly shown: string;
  /** The engine has it, and nobody else may: it was built here, now or earlier. */
  readonly isHere: boolean;
  readonly digest: string | undefined;
  /** Why it was a miss, or `hit`. */
  readonly why: string;
  readonly ms: number;
}

type Rest = Pick<LayerOutcome, "digest" | "why" | "ms">;

export function foundIn(
  store: Pick<Store, "name" | "title" | "isEngine">,
  layer: Layer,
  rest: Omit<Rest, "why">,
): LayerOutcome {
  const { name: source, title, isEngine: isHere = false } = store;
  return { layer, source, shown: `found in ${title}`, isHere, why: "hit", ...rest };
}

export function built(layer: Layer, rest: Rest): LayerOutcome {
  return { layer, source: "built", shown: "built", isHere: true, ...rest };
}

export function notFound(layer: Layer, why: string, ms = 0): LayerOutcome {
  return { layer, source: "none", shown: "missing", isHere: false, digest: undefined, why, ms };
}

export function notBuilt(layer: Layer, why: string, ms: number): LayerOutcome {
  return {
    layer,
    source: "failed",
    shown: "build failed",
    isHere: false,
    digest: undefined,
    why,
    ms,
  };
}
