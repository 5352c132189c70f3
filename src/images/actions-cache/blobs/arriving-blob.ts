import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { regularFileSize } from "../entries/regular-file.ts";
import type { Blob } from "./blob-cache.ts";

/** A blob whose file another process is writing: it is read while it grows. */
export interface ArrivingBlob extends Blob {
  /** Whether there is something to read; false where it will not come. */
  readonly begun: Promise<boolean>;
}

/** How often a growing file is looked at: short against what an engine needs for a megabyte. */
const pollMs = 10;
/** As files are streamed elsewhere, too; larger pieces pile up in memory before they are collected. */
const pieceBytes = 64 * 1024;

/**
 * @param size of the whole
 * @param arrived whether it came whole, as soon as that is known
 */
export function arrivingBlob(file: string, size: number, arrived: Promise<boolean>): ArrivingBlob {
  let whole: boolean | undefined;
  const ended = arrived.then((came) => {
    whole = came;
  });
  const moment = () =>
    Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, pollMs))]);

  const begun = (async () => {
    while (whole === undefined && (await regularFileSize(file)) === undefined) {
      await moment();
    }
    return whole !== false;
  })();

  async function* read(start: number, end: number): AsyncGenerator<Buffer> {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for (let at = start; at <= end; ) {
        const complete = whole; // before reading: what was written until then is seen
        const piece = await readAt(handle, at, Math.min(pieceBytes, end + 1 - at));
        at += piece.length;
        if (piece.length > 0) {
          yield piece;
        } else if (complete !== undefined) {
          throw new Error("the file ended before the blob did");
        } else {
          await moment();
        }
      }
    } finally {
      await handle.close();
    }
  }

  return {
    size,
    begun,
    open: async (range = { start: 0, end: size - 1 }) =>
      Readable.from(read(range.start, range.end), { objectMode: false }),
  };
}

async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}
