import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Duplex, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdCompress } from "node:zlib";
import type { StoredBlob } from "./blob-cache.ts";
import { meter } from "./meter.ts";

export interface Repacked {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Packs a layer with zstd instead of the engine's gzip: it is undone several times faster, and that
 * is most of what an engine has to do when it pulls. Undefined where the layer is not in gzip, or
 * not what its digest says; the file is then gone.
 *
 * @param diffId digest of the unpacked layer, by the image's config
 */
export async function repackLayer(
  layer: StoredBlob,
  diffId: string,
  file: string,
  signal?: AbortSignal,
): Promise<Repacked | undefined> {
  if (!(await isGzip(layer))) {
    return undefined;
  }
  const [plain, packed] = [meter(), meter()];
  try {
    await pipeline(
      await layer.open(),
      createGunzip(),
      plain.stream(),
      zstd(),
      packed.stream(),
      createWriteStream(file),
      { signal },
    );
    if (plain.digest() === diffId) {
      return { digest: packed.digest(), size: packed.size() };
    }
  } catch {
    // it stays as it is: the engine made it and will read it
  }
  await rm(file, { force: true });
  return undefined;
}

/**
 * Packs the same bytes into the same bytes: the cache stores a layer once only if it has the same
 * digest whenever it is packed. Node's own stream adds an empty frame at the end where it is told
 * to end while a chunk waits in it (nodejs/node#66078), so this ends it after the last one is done.
 */
function zstd(): Duplex {
  const packer = createZstdCompress();
  const writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => void packer.write(chunk, done),
    final: (done) => void packer.end(done),
  });
  return Duplex.from({ writable, readable: packer });
}

/** By the first bytes: media types lie. */
async function isGzip(layer: StoredBlob): Promise<boolean> {
  const start = await layer.open({ start: 0, end: Math.min(1, layer.size - 1) });
  return (await buffer(start)).toString("hex") === "1f8b";
}
