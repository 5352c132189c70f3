import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CacheEntries } from "../entries/cache-entries.ts";
import { blobFile, blobKey } from "../entries/names.ts";
import type { Outcome } from "../entries/protocol.ts";
import { regularFileSize } from "../entries/regular-file.ts";
import type { Bundle } from "../image/bundle.ts";
import { type ArrivingBlob, arrivingBlob } from "./arriving-blob.ts";
import { type BaseBlobs, baseBlob } from "./base-blobs.ts";
import { type BlobCache, type StoredBlob, storedBlob } from "./blob-cache.ts";
import { type Repacked, repackLayer } from "./repack.ts";
import { turns } from "./turns.ts";

/** Larger layers arrive one after the other. */
const together = 64_000_000;
/** An engine resumes a download that breaks off; a registry that fails so often is not asked again. */
const maxFailures = 3;

/** The blobs that one run knows: what the engine sent, what came from the cache, what the base has. */
export interface RunBlobs extends BlobCache {
  /** The blob on this disk; undefined where it has not come yet. */
  stored(digest: string): StoredBlob | undefined;
  /** Whether the base's registry serves it. */
  ofBase(digest: string): boolean;
  /** Whether the cache has an entry of it; asked at most once while the answer is yes. */
  inCache(digest: string): Promise<boolean>;
  /** Makes an image's small blobs and the sizes of its large ones known. */
  learn(bundle: Bundle, layers: readonly { digest: string; size: number }[]): void;
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
  const files = new Map<string, StoredBlob>();
  const large = new Set<string>();
  const sizes = new Map<string, number>(base?.sizes);
  const baseDigests = new Set<string>(base?.sizes.keys());
  const saved = new Set<string>();
  /** Layers as the engine packs them, of which the cache has the same in zstd. */
  const packed = new Map<string, { size: number; instead: Repacked }>();
  const lost = new Set<string>();
  /** How often the base's registry has failed to give a layer. */
  const failures = new Map<string, number>();
  const arriving = new Map<string, { blob: ArrivingBlob; ended: Promise<void> }>();
  /** Where a layer stands in its image. */
  const orders = new Map<string, number>();
  const inTurn = turns(together);
  let wrong: string | undefined;

  const fetchBlob = async (digest: string): Promise<StoredBlob | undefined> => {
    const file = blobFile(digest);
    const done = await entries.restore(file, blobKey(digest));
    if (done.outcome !== "hit" || done.key !== blobKey(digest)) {
      wrong ??=
        "why" in done
          ? done.why
          : `the layer ${digest.slice(0, 19)}… is no longer in the Actions cache`;
      lost.add(digest); // the engine asks again, and must not get what a broken archive left
      await rm(join(folder, file), { force: true, recursive: true }).catch(() => {});
      return undefined;
    }
    const path = join(folder, file);
    const size = await regularFileSize(path);
    if (size === undefined) {
      wrong ??= `the entry of the layer ${digest.slice(0, 19)}… has no such file`;
      lost.add(digest);
      return undefined;
    }
    const blob = storedBlob(path, size);
    files.set(digest, blob);
    large.add(digest);
    saved.add(digest);
    return blob;
  };

  const arrive = (digest: string, size: number): ArrivingBlob => {
    const fetched = inTurn.take(orders.get(digest) ?? 0, size, () => fetchBlob(digest));
    const coming = fetched.then((blob) => blob !== undefined);
    const blob = arrivingBlob(join(folder, blobFile(digest)), size, coming);
    const ended = coming.then(() => void arriving.delete(digest));
    arriving.set(digest, { blob, ended });
    return blob;
  };

  const inCache = async (digest: string) => {
    if (!saved.has(digest)) {
      const key = blobKey(digest);
      const found = await entries.lookup(blobFile(digest), key);
      if (found.outcome === "hit" && found.key === key) {
        saved.add(digest);
      }
    }
    return saved.has(digest);
  };

  return {
    stored: (digest) => files.get(digest),
    ofBase: (digest) => baseDigests.has(digest),
    inCache,
    async has(digest) {
      const file = files.get(digest);
      if (file !== undefined) {
        return file.size;
      }
      const same = packed.get(digest);
      if (same !== undefined && (await inCache(same.instead.digest))) {
        return same.size;
      }
      const size = sizes.get(digest);
      // an answer without a size would end up in a manifest
      return size !== undefined && (baseDigests.has(digest) || (await inCache(digest)))
        ? size
        : undefined;
    },
    async get(digest) {
      const file = files.get(digest);
      if (file !== undefined) {
        return file;
      }
      const size = sizes.get(digest);
      if (size === undefined || lost.has(digest)) {
        return undefined; // of no image that was asked for
      }
      if (base !== undefined && baseDigests.has(digest)) {
        return baseBlob(base, digest, size, (why) => {
          wrong ??= why;
          const count = (failures.get(digest) ?? 0) + 1;
          failures.set(digest, count);
          if (count >= maxFailures) {
            lost.add(digest);
          }
        });
      }
      // the engine asks again after a broken connection, and for shared layers at the same time
      const coming = arriving.get(digest)?.blob ?? arrive(digest, size);
      return (await coming.begun) ? coming : undefined;
    },
    async put(digest, file, size) {
      const path = join(folder, blobFile(digest));
      await rename(file, path);
      files.set(digest, storedBlob(path, size));
      large.add(digest);
    },
    learn(bundle, layers) {
      for (const [digest, blob] of bundle.blobs) {
        files.set(digest, files.get(digest) ?? blob);
      }
      for (const [order, { digest, size }] of layers.entries()) {
        sizes.set(digest, size);
        orders.set(digest, order);
      }
      for (const digest of base === undefined ? [] : bundle.base) {
        baseDigests.add(digest);
      }
    },
    async repack(digest, diffId, signal) {
      const before = packed.get(digest);
      const layer = files.get(digest);
      if (before !== undefined || layer === undefined) {
        return before?.instead;
      }
      const scratch = `${layer.file}.zst`;
      const instead = await repackLayer(layer, diffId, scratch, signal);
      if (instead === undefined) {
        return undefined;
      }
      await rm(layer.file, { force: true });
      files.delete(digest);
      large.delete(digest);
      const path = join(folder, blobFile(instead.digest));
      await rename(scratch, path);
      files.set(instead.digest, storedBlob(path, instead.size));
      large.add(instead.digest);
      packed.set(digest, { size: layer.size, instead });
      return instead;
    },
    async save(digest) {
      const done = await entries.save(blobFile(digest), blobKey(digest));
      if (done.outcome === "saved") {
        saved.add(digest);
      }
      return done;
    },
    async free() {
      for (const digest of large) {
        const blob = files.get(digest);
        files.delete(digest);
        await rm(blob?.file ?? "", { force: true }).catch(() => {});
      }
      large.clear();
      // what was neither kept nor saved has to be packed again when the engine sends it again
      for (const [digest, { instead }] of packed) {
        if (!files.has(instead.digest) && !saved.has(instead.digest)) {
          packed.delete(digest);
        }
      }
    },
    async breakOff() {
      const unwanted = [...arriving];
      if (unwanted.length === 0) {
        return;
      }
      inTurn.clear();
      entries.close();
      await Promise.all(unwanted.map(([, { ended }]) => ended));
      for (const [digest] of unwanted) {
        lost.delete(digest);
      }
      wrong = undefined; // what was broken off is nobody's trouble
    },
    trouble() {
      const why = wrong;
      wrong = undefined;
      return why;
    },
  };
}
