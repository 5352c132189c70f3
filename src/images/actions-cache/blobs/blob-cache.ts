import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { ByteRange } from "../../../registry/blobs.ts";

/** Bytes that are streamed, never held. */
export interface Blob {
  readonly size: number;
  /** @param range all of it unless given */
  open(range?: ByteRange): Promise<Readable>;
}

/**
 * Where the loopback registry takes blobs from and puts them: by digest, `sha256:…`. A manifest is a
 * blob, too. Nothing of it throws for what the service behind it may do.
 */
export interface BlobCache {
  /** The blob's size in bytes; undefined where it is not there. */
  has(digest: string): Promise<number | undefined>;
  get(digest: string): Promise<Blob | undefined>;
  /** Takes over a file whose digest has been checked. */
  put(digest: string, file: string, size: number): Promise<void>;
}

/** A blob that is a file or a stretch of one. */
export interface StoredBlob extends Blob {
  readonly file: string;
  /** Where in the file it begins. */
  readonly offset: number;
}

export function storedBlob(file: string, size: number, offset = 0): StoredBlob {
  return {
    file,
    offset,
    size,
    open: async (range = { start: 0, end: size - 1 }) =>
      createReadStream(file, { start: offset + range.start, end: offset + range.end }),
  };
}
