import { megabytes } from "../../log/text.ts";

/** What one save would add to the Actions cache. */
export interface Cargo {
  readonly bytes: number;
  readonly entries: number;
}

/** GitHub's default for a repository, of which older entries are evicted: 10 GB. */
export const maxBytes = 10_000_000_000;
/** GitHub takes 200 new entries a minute; other steps of the workflow have some, too. */
export const maxEntries = 190;

/** Manifests and configs are held in memory; the specification asks registries to take manifests of 4 MiB. */
export const maxDocumentBytes = 4 * 1024 * 1024;

/** Why this is not saved at all; undefined when it may be. Pure. */
export function whatIsTooMuch(cargo: Cargo, alreadySaved: Cargo): string | undefined {
  const bytes = cargo.bytes + alreadySaved.bytes;
  const entries = cargo.entries + alreadySaved.entries;
  if (bytes > maxBytes) {
    return `it would add ${megabytes(bytes)}, and a repository's cache has ${megabytes(maxBytes)}`;
  }
  if (entries > maxEntries) {
    return `it would add ${entries} entries, and GitHub takes 200 a minute`;
  }
  return undefined;
}
