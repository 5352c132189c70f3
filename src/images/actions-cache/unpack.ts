import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { type Duplex, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { StoredBlob } from "./blob-cache.ts";

/**
 * Unpacks a layer from its gzip or zstd into a file; answers its size in bytes, or undefined when it
 * is not compressed, or not what its digest says. The file is then gone.
 */
export async function unpackLayer(
  layer: StoredBlob,
  diffId: string,
  file: string,
): Promise<number | undefined> {
  const decompress = await decompressor(layer);
  if (decompress === undefined) {
    return undefined;
  }
  const hash = createHash("sha256");
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(await layer.open(), decompress, count, createWriteStream(file));
    if (`sha256:${hash.digest("hex")}` === diffId) {
      return size;
    }
  } catch {
    // it stays as it is: the engine made it and will read it
  }
  await rm(file, { force: true });
  return undefined;
}

/** By the first bytes: media types lie. */
async function decompressor(layer: StoredBlob): Promise<Duplex | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of await layer.open({ start: 0, end: Math.min(3, layer.size - 1) })) {
    chunks.push(chunk);
  }
  const magic = Buffer.concat(chunks).toString("hex");
  if (magic.startsWith("1f8b")) {
    return createGunzip();
  }
  return magic === "28b52ffd" ? createZstdDecompress() : undefined;
}
