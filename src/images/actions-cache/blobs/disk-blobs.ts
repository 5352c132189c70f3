import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { blobFile } from "../entries/names.ts";
import { type StoredBlob, storedBlob } from "./blob-cache.ts";

/** The blobs that are on this disk; the large ones are files of the folder, named as their entries want it. */
export type DiskBlobs = ReturnType<typeof diskBlobs>;

export function diskBlobs(folder: string) {
  const blobs = new Map<string, StoredBlob>();
  const large = new Set<string>();

  /** Where the file of a large blob is, or would be. */
  const fileOf = (digest: string) => join(folder, blobFile(digest));

  /** The file of a large blob has come to where it belongs. */
  const add = (digest: string, size: number) => {
    const blob = storedBlob(fileOf(digest), size);
    blobs.set(digest, blob);
    large.add(digest);
    return blob;
  };

  /** Removes a large blob. Does not fail: what is left goes with the folder. */
  const remove = async (digest: string) => {
    large.delete(digest);
    blobs.delete(digest);
    await rm(fileOf(digest), { force: true }).catch(() => {});
  };

  return {
    get: (digest: string) => blobs.get(digest),
    fileOf,
    add,
    remove,
    /** Makes an image's small blobs known, which are stretches of one file. */
    learn(small: ReadonlyMap<string, StoredBlob>) {
      for (const [digest, blob] of small) {
        blobs.set(digest, blobs.get(digest) ?? blob);
      }
    },
    /** Takes a large blob over; its file is moved to where it belongs. */
    async take(digest: string, file: string, size: number) {
      await rename(file, fileOf(digest));
      add(digest, size);
    },
    /** Removes all large blobs. */
    async free() {
      for (const digest of large) {
        await remove(digest);
      }
    },
  };
}
