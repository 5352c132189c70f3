import { imageKeyPrefix, isImageKey } from "../entries/names.ts";
import type { Outcome } from "../entries/protocol.ts";

/** Why there is no entry to use. */
export type NoEntry =
  | { readonly absent: true }
  | { readonly denied: string }
  | { readonly wrong: string };

/**
 * Asks for the newest entry of an image; undefined where there is one, and it is this very image's.
 *
 * @param ask how: a lookup, a fetch, a restore
 * @param file the entry's one file
 */
export async function askForNewest(
  ask: (file: string, key: string) => Promise<Outcome>,
  file: string,
): Promise<NoEntry | undefined> {
  const done = await ask(file, imageKeyPrefix(file));
  switch (done.outcome) {
    case "hit":
      return isImageKey(file, done.key) ? undefined : { absent: true };
    case "miss":
      return { absent: true };
    case "denied":
      return { denied: done.why };
    default:
      return { wrong: "why" in done ? done.why : done.outcome };
  }
}
