import type { Layer } from "../layers/layers.ts";
import type { StoreName } from "./store.ts";

/** What became of one layer: the row of the report. */
export interface LayerOutcome {
  readonly layer: Layer;
  /** `none`: nowhere to be had and not built; `failed`: its build failed. */
  readonly source: StoreName | "built" | "none" | "failed";
  readonly digest: string | undefined;
  /** Why it was a miss, or `hit`. */
  readonly why: string;
  readonly ms: number;
}
