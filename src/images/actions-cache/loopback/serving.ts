import type { BlobCache } from "../blobs/blob-cache.ts";
import { type LoopbackRegistry, startLoopbackRegistry } from "./server.ts";

/** The loopback registry while somebody uses it. */
export type Served = Omit<LoopbackRegistry, "close">;

export interface Serving {
  /** Works with the registry, which is started for the first user and closed after the last. */
  use<T>(work: (registry: Served) => Promise<T>): Promise<T>;
}

/** @param uploads the folder where uploads are written */
export function serving(blobs: BlobCache, uploads: string, runId: string): Serving {
  let running: Promise<LoopbackRegistry> | undefined;
  let users = 0;
  return {
    async use(work) {
      users += 1;
      try {
        running ??= startLoopbackRegistry(blobs, uploads, runId);
        return await work(await running);
      } finally {
        users -= 1;
        if (users === 0) {
          const last = running;
          running = undefined;
          await (await last)?.close();
        }
      }
    },
  };
}
