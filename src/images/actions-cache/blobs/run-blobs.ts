import type { CacheEntries } from "../entries/cache-entries.ts";
import type { Outcome } from "../entries/protocol.ts";
import { layersArriving } from "./arrivals.ts";
import { type BaseBlobs, baseLayers } from "./base-blobs.ts";
import type { BlobCache, StoredBlob } from "./blob-cache.ts";
import { blobEntries } from "./blob-entries.ts";
import { diskBlobs } from "./disk-blobs.ts";
import type { Repacked } from "./repack.ts";
import { repackedLayers } from "./repacked-layers.ts";

/** The blobs that one run knows: what the engine sent, what came from the cache, what the base has. */
export interface RunBlobs extends BlobCache {
  /** The blob on this disk; undefined where it has not come yet. */
  stored(digest: string): StoredBlob | undefined;
  /** Whether the base's registry serves it. */
  ofBase(digest: string): boolean;
  /** Whether the cache has an entry of it; asked at most once while the answer is yes. */
  inCache(digest: string): Promise<boolean>;
  /** Makes an image's small blobs and the sizes of its large ones known. */
  learn(
    image: { readonly blobs: ReadonlyMap<string, StoredBlob>; readonly base: readonly string[] },
    layers: readonly { digest: string; size: number }[],
  ): void;
  /**
   * Replaces a layer by the same in zstd; undefined where it stays as it is.
   *
   * @param diffId digest of what it unpacks to
   */
  repack(digest: string, diffId: string, signal: AbortSignal): Promise<Repacked | undefined>;
  /** Saves a blob that is on this disk as an entry of its own. */
  save(digest: string): Promise<Outcome>;
  /** Removes the files of all large blobs: the engine or the cache has them now. */
  free(): Promise<void>;
  /** Breaks off the blobs on their way in: nobody waits for them any more. They can be asked for again. */
  breakOff(): Promise<void>;
  /** Why a blob that was asked for could not be had, since the last time this was asked. */
  trouble(): string | undefined;
}

/**
 * @param folder the worker's
 * @param base undefined where nobody but this engine has the base
 */
export function runBlobs(
  entries: CacheEntries,
  folder: string,
  base: BaseBlobs | undefined,
): RunBlobs {
  let wrong: string | undefined;
  const failed = (why: string) => {
    wrong ??= why;
  };
  const disk = diskBlobs(folder);
  const saved = blobEntries(entries, disk);
  const arriving = layersArriving(saved, disk, failed);
  const repacked = repackedLayers(disk, saved);
  const ofBase = baseLayers(base, failed);
  const sizes = new Map<string, number>(base?.sizes);
  /** Where a layer stands in its image. */
  const orders = new Map<string, number>();

  return {
    stored: disk.get,
    ofBase: ofBase.has,
    inCache: saved.has,
    async has(digest) {
      const known = disk.get(digest)?.size ?? (await repacked.has(digest));
      if (known !== undefined) {
        return known;
      }
      const size = sizes.get(digest); // an answer without one would end up in a manifest
      const isThere = size !== undefined && (ofBase.has(digest) || (await saved.has(digest)));
      return isThere ? size : undefined;
    },
    async get(digest) {
      const here = disk.get(digest);
      const size = sizes.get(digest);
      if (here !== undefined || size === undefined) {
        return here; // else of no image that was asked for
      }
      return ofBase.has(digest)
        ? ofBase.get(digest, size)
        : arriving.get(digest, size, orders.get(digest) ?? 0);
    },
    put: disk.take,
    learn(image, layers) {
      disk.learn(image.blobs);
      for (const [order, { digest, size }] of layers.entries()) {
        sizes.set(digest, size);
        orders.set(digest, order);
      }
      ofBase.learn(image.base);
    },
    repack: repacked.repack,
    save: saved.save,
    async free() {
      await disk.free();
      repacked.forgetLost();
    },
    async breakOff() {
      await arriving.breakOff(entries.close);
      wrong = undefined; // what was broken off is nobody's trouble
    },
    trouble() {
      const why = wrong;
      wrong = undefined;
      return why;
    },
  };
}
