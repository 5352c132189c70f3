import type { Readable } from "node:stream";
import type { Reference } from "../keys/reference.ts";
import type { Ask } from "./auth.ts";
import type { Budget } from "./budget.ts";
import { open, refusal } from "./transport.ts";
import { RegistryTrouble } from "./trouble.ts";
import type { Reach } from "./ways.ts";

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Reads layers, which are too large to be held. */
export interface BlobClient {
  /**
   * The bytes as they arrive, neither checked nor retried: whoever takes them checks the digest.
   *
   * @param range the bytes wanted; all of them unless given
   * @throws RegistryTrouble
   */
  blob(image: Reference, digest: string, range?: ByteRange): Promise<Readable>;
}

/** A layer's stream may stand still for so long: the engine unpacks while it reads. */
const idleMs = 60_000;
const what = "a layer of the base image";

/** @param budget spent by logins alone: how long a layer takes is its reader's affair */
export function blobClient(ask: Ask, reach: Reach, budget: Budget): BlobClient {
  return {
    async blob(image, digest, range) {
      const headers = range && { range: `bytes=${range.start}-${range.end}` };
      const wanted = range === undefined ? 200 : 206;
      const { url, ...answer } = await reach(image, async (place) => {
        const { trust } = place;
        const url = `${place.url}/blobs/${digest}`;
        const last = await ask(place, budget, async (authorization) => {
          const got = await open(url, { headers, authorization, idleMs, trust });
          if (got.status !== wanted) {
            got.stream.destroy();
          }
          return got;
        });
        return { ...last, url };
      });
      if (answer.status !== wanted) {
        throw refusal(answer, url, what);
      }
      const { stream } = answer;
      stream.setTimeout(idleMs, () => {
        const why = `${new URL(url).host} sent nothing of ${what} for ${idleMs / 1000} s`;
        stream.destroy(new RegistryTrouble("unreachable", why));
      });
      return stream;
    },
  };
}
