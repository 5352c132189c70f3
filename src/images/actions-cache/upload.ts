import { createHash, type Hash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

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
  const hash: Hash = createHash("sha256");
  let size = 0;
  return {
    id,
    file,
    size: () => size,
    async append(piece) {
      const count = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          size += chunk.length;
          done(null, chunk);
        },
      });
      await pipeline(piece, count, createWriteStream(file, { flags: "a" }));
    },
    digest: () => `sha256:${hash.digest("hex")}`,
    remove: () => rm(file, { force: true }),
  };
}
