import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/** Digest and number of all bytes that were passed on, by one stream or by several in a row. */
export interface Meter {
  /** A stream that passes bytes on. */
  stream(): Transform;
  /** `sha256:…`; it can be asked for once. */
  digest(): string;
  size(): number;
}

export function meter(): Meter {
  const hash = createHash("sha256");
  let size = 0;
  return {
    stream: () =>
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          size += chunk.length;
          done(null, chunk);
        },
      }),
    digest: () => `sha256:${hash.digest("hex")}`,
    size: () => size,
  };
}
