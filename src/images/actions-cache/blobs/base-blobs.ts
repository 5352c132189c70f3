import { PassThrough, pipeline } from "node:stream";
import type { Reference } from "../../../keys/reference.ts";
import type { BlobClient } from "../../../registry/blobs.ts";
import type { Blob } from "./blob-cache.ts";

/** What the base image's own registry serves; it is neither saved nor restored. */
export interface BaseBlobs {
  /** Where the base comes from. */
  readonly image: Reference;
  /** Its compressed layers, as its registry has them: digest and bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly client: BlobClient;
}

/** An engine resumes a download that breaks off; a registry that fails so often is not asked again. */
const maxFailures = 3;

/**
 * The layers of the base, passed on from its registry while they arrive.
 *
 * @param base undefined where nobody but this engine has the base
 * @param failed told why a layer could not be had, or broke off; not when the engine hung up
 */
export function baseLayers(base: BaseBlobs | undefined, failed: (why: string) => void) {
  const digests = new Set<string>(base?.sizes.keys());
  /** How often the registry has failed to give a layer. */
  const failures = new Map<string, number>();
  const failuresOf = (digest: string) => failures.get(digest) ?? 0;
  return {
    has: (digest: string) => digests.has(digest),
    /** Layers of an image that were the base's when it was saved. */
    learn(saved: readonly string[]) {
      for (const digest of base === undefined ? [] : saved) {
        digests.add(digest);
      }
    },
    /** @param size of all of it, in bytes */
    get(digest: string, size: number): Blob | undefined {
      if (base === undefined || failuresOf(digest) >= maxFailures) {
        return undefined;
      }
      return passedOn(base, digest, size, (why) => {
        failures.set(digest, failuresOf(digest) + 1);
        failed(why);
      });
    },
  };
}

function passedOn(
  { image, client }: BaseBlobs,
  digest: string,
  size: number,
  failed: (why: string) => void,
): Blob {
  return {
    size,
    async open(range) {
      try {
        const content = await client.blob(image, digest, range);
        // a stream of our own tells who went first: the registry's ends alike in both cases
        const passed = new PassThrough();
        content.once("error", ({ message }) => {
          if (!passed.destroyed) {
            failed(message);
          }
        });
        pipeline(content, passed, () => {});
        return passed;
      } catch (error) {
        failed((error as Error).message);
        throw error;
      }
    },
  };
}
