import type { Outcome } from "./protocol.ts";

/** Entries of the Actions cache, one file each. Nothing here throws: an {@link Outcome} tells all. */
export interface CacheEntries {
  /** Brings the file of the newest entry whose key begins with `key` into the folder, unless it has more bytes. */
  restore(file: string, key: string, maxBytes: number): Promise<Outcome>;
  /** The same for an entry so small that it is a question rather than a download. */
  fetch(file: string, key: string, maxBytes: number): Promise<Outcome>;
  /** Whether there is such an entry. */
  lookup(file: string, key: string): Promise<Outcome>;
  /** Saves a file of the folder. */
  save(file: string, key: string): Promise<Outcome>;
  /** Breaks off what is under way; the process ends with it, and another is started at the next question. */
  close(): void;
}
