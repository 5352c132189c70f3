import type { Parent } from "../build/build.ts";
import type { Layer } from "../layers/layer.ts";
import type { Expected } from "./verify.ts";

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
  readonly outcome: "sent" | "already there" | "denied" | "failed";
  /** The digest that the store now has under the key. */
  readonly digest?: string | undefined;
  /** `name@digest`, by which any engine can pull it; only of a store that has such names. */
  readonly reference?: string | undefined;
  /** For the user, unless it was sent. */
  readonly why?: string | undefined;
  /** It is not what was hoped for, and no trouble either: a line that people should see. */
  readonly isNotice?: true;
  /** What was added to a store that has only so much room, also by a save that ended early. */
  readonly saved?: Saved | undefined;
}

/** What became of publishing one layer's image to one store. */
export interface PublishedTo extends Published {
  readonly store: Store;
}

/** By the layer's name. */
export type PublishedLayers = ReadonlyMap<string, readonly PublishedTo[]>;

/** What a save added to a store of limited size. */
export interface Saved {
  readonly bytes: number;
  readonly entries: number;
  /** Whether the image can be restored now. */
  readonly whole: boolean;
}

export interface WritePolicy {
  readonly write: boolean;
  readonly why?: string | undefined;
}

/** A place images come from and go to. Nothing here throws for what a store may do. */
export interface Store {
  /** In outputs: `local`, `registry`, `actions-cache`. */
  readonly name: string;
  /** For people: `the engine`, `the registry`. */
  readonly title: string;
  /** How a publish is told: `pushed to the registry`, and in which output of the layer it counts. */
  readonly verb: "pushed" | "saved";
  /** Whether this run may publish here, and why not, for the one notice; no reason where nobody expects it. */
  readonly policy: WritePolicy;
  /** Where a builder can send an image by itself: what its name begins with. */
  readonly pushTo?: string;
  /** It is the engine itself: what is here needs no fetching, and nobody else may have it. */
  readonly isEngine?: true;
  /** A builder elsewhere can fetch what is here by itself. */
  readonly servesBuilders: boolean;
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
