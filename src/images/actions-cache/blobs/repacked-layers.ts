import type { BlobEntries } from "./blob-entries.ts";
import type { DiskBlobs } from "./disk-blobs.ts";
import { type Repacked, repackLayer } from "./repack.ts";

/** Layers as the engine packs them, of which this disk or the cache has the same in zstd. */
export function repackedLayers(disk: DiskBlobs, entries: BlobEntries) {
  const layers = new Map<string, { readonly size: number; readonly instead: Repacked }>();
  return {
    /** The size of the engine's own layer where the cache has the same: it need not be sent again. */
    async has(digest: string): Promise<number | undefined> {
      const same = layers.get(digest);
      return same && (await entries.has(same.instead.digest)) ? same.size : undefined;
    },
    /** Replaces a layer on this disk by the same in zstd; undefined where it stays as it is. */
    async repack(digest: string, diffId: string, signal: AbortSignal) {
      const before = layers.get(digest);
      const layer = disk.get(digest);
      if (before !== undefined || layer === undefined) {
        return before?.instead;
      }
      const scratch = `${layer.file}.zst`;
      const instead = await repackLayer(layer, diffId, scratch, signal);
      if (instead !== undefined) {
        await disk.remove(digest);
        await disk.take(instead.digest, scratch, instead.size);
        layers.set(digest, { size: layer.size, instead });
      }
      return instead;
    },
    /** What is neither on this disk nor saved has to be packed again when the engine sends it again. */
    forgetLost() {
      for (const [digest, { instead }] of layers) {
        if (disk.get(instead.digest) === undefined && !entries.isKnown(instead.digest)) {
          layers.delete(digest);
        }
      }
    },
  };
}
