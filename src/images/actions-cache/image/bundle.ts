import { createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { parseJson } from "../../../log/json.ts";
import { type StoredBlob, storedBlob } from "../blobs/blob-cache.ts";
import { maxHeaderBytes } from "../limits.ts";

// An image's own entry: one file that names its manifest and has its small blobs. A line of JSON,
// then the blobs one after the other, in the line's order.

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const headerSchema = z.object({
  format: z.literal(1),
  /** Of the image's manifest, which is among the blobs. */
  manifest: digest,
  /** Blobs that the base image's own registry serves; they are nowhere in the cache. */
  base: z.array(digest),
  blobs: z.array(z.object({ digest, size: z.number().int().nonnegative() })),
});

export interface Bundle {
  readonly manifest: string;
  readonly base: readonly string[];
  readonly blobs: ReadonlyMap<string, StoredBlob>;
}

/** Writes a bundle to a file and answers its size in bytes. */
export async function writeBundle(file: string, bundle: Bundle): Promise<number> {
  const header = {
    format: 1,
    manifest: bundle.manifest,
    base: bundle.base,
    blobs: [...bundle.blobs].map(([digest, { size }]) => ({ digest, size })),
  };
  async function* bytes() {
    yield Buffer.from(`${JSON.stringify(header)}\n`);
    for (const blob of bundle.blobs.values()) {
      if (blob.size > 0) {
        yield* await blob.open();
      }
    }
  }
  await pipeline(Readable.from(bytes()), createWriteStream(file));
  return (await stat(file)).size;
}

/** Reads what a bundle has; undefined when the file is none. Its blobs stay in the file. */
export async function readBundle(file: string): Promise<Bundle | undefined> {
  const { head, size } = await readHead(file);
  const end = head.indexOf(0x0a);
  const line = head.subarray(0, Math.max(0, end)).toString("utf8");
  const header = headerSchema.safeParse(parseJson(line)).data;
  if (header === undefined) {
    return undefined;
  }
  const blobs = new Map<string, StoredBlob>();
  let offset = end + 1;
  for (const blob of header.blobs) {
    blobs.set(blob.digest, storedBlob(file, blob.size, offset));
    offset += blob.size;
  }
  return offset === size && blobs.has(header.manifest)
    ? { manifest: header.manifest, base: header.base, blobs }
    : undefined;
}

async function readHead(file: string): Promise<{ head: Buffer; size: number }> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, maxHeaderBytes));
    await handle.read(head, 0, head.length, 0);
    return { head, size };
  } finally {
    await handle.close();
  }
}
