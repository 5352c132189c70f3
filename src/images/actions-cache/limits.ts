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

/** Smaller blobs share one entry: each entry costs a round trip, and GitHub counts them. */
export const smallBytes = 1_000_000;
/** Engines have no images of more layers. */
const maxLayers = 127;
/** A bundle names its blobs, at most some hundred, in a line. */
export const maxHeaderBytes = 256 * 1024;
/** All that an image's own entry can hold: the line, the manifest, the config, and small blobs. */
export const maxBundleBytes = maxHeaderBytes + 2 * maxDocumentBytes + maxLayers * smallBytes;

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

/** Why layers of so many bytes cannot be in the cache, in words that follow "it is not used"; undefined when they can. Pure. */
export function whatIsTooLarge(bytes: number): string | undefined {
  return bytes > maxBytes
    ? `its layers are said to have ${megabytes(bytes)}, and a repository's cache has ${megabytes(maxBytes)}`
    : undefined;
}
