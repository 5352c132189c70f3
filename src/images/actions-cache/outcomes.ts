import type { LocalImage } from "../../engine/images.ts";
import type { Layer } from "../../layers/layer.ts";
import { absent, type Hit, type Miss, type Published, trouble } from "../store.ts";
import type { Outcome } from "./entries/protocol.ts";
import type { NoEntry } from "./image/newest-entry.ts";

// What the Actions cache says of its images, in its own words; each is pure.

/** @param denied told why the job may not read */
export function missOf(none: NoEntry, denied: (why: string) => void): Miss {
  if ("denied" in none) {
    denied(none.denied);
    return absent("the Actions cache may not be read");
  }
  return "wrong" in none
    ? trouble(`the Actions cache is not used: ${none.wrong}`)
    : absent("not in the Actions cache");
}

/** @param what the rest of a sentence about the layer's image, such as `is not used: …` */
export function badImage({ reference }: Layer, what: string): Miss {
  return trouble(`${reference} in the Actions cache ${what}`);
}

/** An image that has been restored is one of the engine's own. */
export function restored({ reference }: Layer, image: LocalImage, digests: readonly string[]): Hit {
  return {
    hit: true,
    reference: image.id,
    parent: { reference, anywhere: false },
    digest: image.id,
    digests: [...digests, image.id],
    created: image.created,
    user: image.user,
  };
}

export function alreadyThere(digest?: string): Published {
  return { outcome: "already there", digest, why: "it is there already" };
}

/** What to do about a token that may not write: the service's own words only say that it may not. */
const howToWrite =
  "the token that GitHub gives for this event only reads the cache; a run on `push` to the branch can save the image";

/** How a save that did not succeed is told. */
export function notSaved(done: Outcome): Published {
  switch (done.outcome) {
    case "denied":
      return { outcome: "denied", why: `${done.why} (${howToWrite})` };
    case "exists":
      return { outcome: "already there", why: "another job is just saving the same" };
    default:
      return { outcome: "failed", why: "why" in done ? done.why : done.outcome };
  }
}
