import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { meter } from "../blobs/meter.ts";

/** A blob on its way in, in one or more pieces: hashed as it is written to disk, never held. */
export interface Upload {
  readonly id: string;
  readonly file: string;
  /** Bytes so far. */
  size(): number;
  /** Appends a piece. An upload whose piece broke off is over. */
  append(piece: Readable): Promise<void>;
  /** The digest of all that came; it can be asked for once. */
  digest(): string;
  remove(): Promise<void>;
}

export function startUpload(folder: string): Upload {
  const id = randomUUID();
  const file = join(folder, `upload-${id}`);
  const { stream, digest, size } = meter();
  return {
    id,
    file,
    size,
    append: (piece) => pipeline(piece, stream(), createWriteStream(file, { flags: "a" })),
    digest,
    remove: () => rm(file, { force: true }),
  };
}
