import type { Parent } from "../build/build.ts";
import type { Layer } from "../layers/layers.ts";
import type { Expected } from "./verify.ts";

export type StoreName = "local" | "registry" | "actions-cache";

/** A store has the layer, and it is what the plan says. */
export interface Hit {
  readonly hit: true;
  /** What to start: a digest or id, which the engine cannot read in two ways. */
  readonly reference: string;
  /** What to build on: BuildKit takes no image id, so it is a name, with a digest where one is known. */
  readonly parent: Parent;
  /** The digest the hit was verified by. */
  readonly digest: string;
  /** Every digest this image is known by (id, config, manifests): two stores have the same image if they share one. */
  readonly digests: readonly string[];
  /** The user its commands run as; empty for root. */
  readonly user: string;
  /** When it was built, in seconds since 1970. */
  readonly created: number;
}

/** A store does not have the layer, or what it has cannot be used. */
export interface Miss {
  readonly hit: false;
  readonly why: string;
  /** Absence is expected; trouble is for the user to know. */
  readonly trouble: boolean;
}

export type Lookup = Hit | Miss;

/** What became of publishing an image. */
export interface Published {
  /** Whose word it is, where it is not the registry's. */
  readonly store?: "actions-cache";
  readonly outcome: "sent" | "already there" | "denied" | "failed";
  /** The digest that the store now has under the key. */
  readonly digest?: string | undefined;
  /** For the user, unless it was sent. */
  readonly why?: string | undefined;
  /** What was added to the Actions cache, also by a save that ended early. */
  readonly saved?: Saved | undefined;
}

/** What a save added to the Actions cache, which a repository has only so much of. */
export interface Saved {
  readonly bytes: number;
  readonly entries: number;
  /** Whether the image can be restored now. */
  readonly whole: boolean;
}

/** A place images come from and go to. Nothing here throws for what a store may do. */
export interface Store {
  readonly name: StoreName;
  /** Whether the layer is there; fetches no layer, so what the Actions cache has must be restored to be built on. */
  probe(layer: Layer, expected: Expected): Promise<Lookup>;
  /** Brings the layer into the engine and verifies it. */
  restore(layer: Layer, expected: Expected): Promise<Lookup>;
  /**
   * Whether the store has a newer image of the layer than the one found in an earlier store, as a
   * rebuild publishes under the same key. Asked on a hit, so it has little time and never says why not.
   */
  newer?(layer: Layer, expected: Expected, found: Hit): Promise<Hit | undefined>;
  /**
   * Sends the engine's image of the layer; undefined for a store that needs no sending.
   *
   * @param replace send it even where the store has the key: a rebuild
   */
  publish?(layer: Layer, expected: Expected, replace: boolean): Promise<Published>;
}

export function absent(why: string): Miss {
  return { hit: false, why, trouble: false };
}

export function trouble(why: string): Miss {
  return { hit: false, why, trouble: true };
}
