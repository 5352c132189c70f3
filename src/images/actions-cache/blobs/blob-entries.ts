import { rm } from "node:fs/promises";
import type { CacheEntries } from "../entries/cache-entries.ts";
import { blobFile, blobKey } from "../entries/names.ts";
import { regularFileSize } from "../entries/regular-file.ts";
import type { StoredBlob } from "./blob-cache.ts";
import type { DiskBlobs } from "./disk-blobs.ts";

/** The entries of the cache that are a large blob each. */
export type BlobEntries = ReturnType<typeof blobEntries>;

export function blobEntries(entries: CacheEntries, disk: DiskBlobs) {
  const known = new Set<string>();
  return {
    /** Whether the cache was seen to have it. */
    isKnown: (digest: string) => known.has(digest),
    /** Whether the cache has it; asked at most once while the answer is yes. */
    async has(digest: string) {
      if (!known.has(digest)) {
        const key = blobKey(digest);
        const found = await entries.lookup(blobFile(digest), key);
        if (found.outcome === "hit" && found.key === key) {
          known.add(digest);
        }
      }
      return known.has(digest);
    },
    /** Saves a blob that is on this disk. */
    async save(digest: string) {
      const done = await entries.save(blobFile(digest), blobKey(digest));
      if (done.outcome === "saved") {
        known.add(digest);
      }
      return done;
    },
    /**
     * Brings a blob to this disk, or answers why not; of one that broke off nothing is left.
     *
     * @param promised its size by its manifest, in bytes
     */
    async fetch(digest: string, promised: number): Promise<StoredBlob | string> {
      const done = await entries.restore(blobFile(digest), blobKey(digest), promised);
      const layer = `the layer ${digest.slice(0, 19)}…`;
      const file = disk.fileOf(digest);
      if (done.outcome !== "hit" || done.key !== blobKey(digest)) {
        await rm(file, { force: true, recursive: true }).catch(() => {});
        return "why" in done ? done.why : `${layer} is no longer in the Actions cache`;
      }
      const size = await regularFileSize(file);
      if (size === undefined) {
        return `the entry of ${layer} has no such file`;
      }
      known.add(digest);
      return disk.add(digest, size);
    },
  };
}
