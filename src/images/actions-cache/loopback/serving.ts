import type { BlobCache } from "../blobs/blob-cache.ts";
import { type LoopbackRegistry, startLoopbackRegistry } from "./server.ts";

/** The loopback registry while somebody uses it. */
export interface Served {
  readonly address: string;
  contacted(): boolean;
  pushed(tag: string): string | undefined;
}

export interface Serving {
  /** Works with the registry, which is started for the first user and closed after the last. */
  use<T>(work: (registry: Served) => Promise<T>): Promise<T>;
}

export function serving(blobs: BlobCache, uploads: string, runId: string): Serving {
  let running: Promise<LoopbackRegistry> | undefined;
  let users = 0;
  return {
    async use(work) {
      users += 1;
      try {
        running ??= startLoopbackRegistry(blobs, uploads, runId);
        const { address, contacted, pushed } = await running;
        return await work({ address, contacted, pushed });
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
