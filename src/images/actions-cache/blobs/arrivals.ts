import { type ArrivingBlob, arrivingBlob } from "./arriving-blob.ts";
import type { Blob } from "./blob-cache.ts";
import type { BlobEntries } from "./blob-entries.ts";
import type { DiskBlobs } from "./disk-blobs.ts";
import { turns } from "./turns.ts";

/** Larger layers arrive one after the other. */
const together = 64_000_000;

/**
 * Layers on their way in from the cache, which the engine reads while they come.
 *
 * @param failed told why a layer did not come
 */
export function layersArriving(
  entries: BlobEntries,
  disk: DiskBlobs,
  failed: (why: string) => void,
) {
  const inTurn = turns(together);
  const arriving = new Map<string, { blob: ArrivingBlob; ended: Promise<void> }>();
  /** The engine asks again, and must not get what a broken archive left. */
  const lost = new Set<string>();

  const fetch = async (digest: string, size: number): Promise<boolean> => {
    const found = await entries.fetch(digest, size);
    if (typeof found === "string") {
      lost.add(digest);
      failed(found);
    }
    return typeof found !== "string";
  };

  const begin = (digest: string, size: number, order: number): ArrivingBlob => {
    const coming = inTurn
      .take(order, size, () => fetch(digest, size))
      .then((came) => came === true);
    const blob = arrivingBlob(disk.fileOf(digest), size, coming);
    const ended = coming.then(() => void arriving.delete(digest));
    arriving.set(digest, { blob, ended });
    return blob;
  };

  return {
    /**
     * The layer as soon as there is something to read; undefined where it will not come.
     *
     * @param order where it stands in its image
     */
    async get(digest: string, size: number, order: number): Promise<Blob | undefined> {
      if (lost.has(digest)) {
        return undefined;
      }
      // the engine asks again after a broken connection, and for shared layers at the same time
      const coming = arriving.get(digest)?.blob ?? begin(digest, size, order);
      return (await coming.begun) ? coming : undefined;
    },
    /**
     * Nobody waits any more for what is on its way; it can be asked for again.
     *
     * @param close ends the transfers
     */
    async breakOff(close: () => void): Promise<void> {
      const unwanted = [...arriving];
      if (unwanted.length === 0) {
        return;
      }
      inTurn.clear();
      close();
      await Promise.all(unwanted.map(([, { ended }]) => ended));
      for (const [digest] of unwanted) {
        lost.delete(digest);
      }
    },
  };
}
