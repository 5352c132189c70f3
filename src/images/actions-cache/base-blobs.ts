import { PassThrough, pipeline } from "node:stream";
import type { Reference } from "../../keys/reference.ts";
import type { BlobClient } from "../../registry/blobs.ts";
import type { Blob } from "./blob-cache.ts";

/** What the base image's own registry serves; it is neither saved nor restored. */
export interface BaseBlobs {
  /** Where the base comes from. */
  readonly image: Reference;
  /** Its compressed layers, as its registry has them: digest and bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly client: BlobClient;
}

/**
 * A layer of the base, passed on from its registry while it arrives.
 *
 * @param failed told why it could not be had, or broke off; not when the engine hung up
 */
export function baseBlob(
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
