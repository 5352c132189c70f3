// The names of entries in the Actions cache. Keys have up to 512 characters and no commas. A file's
// name is part of its entry's version, so one key's name never finds another key's entry.

/** The one file of a blob's entry. */
export function blobFile(digest: string): string {
  return digest.replace(":", "-");
}

/** `agent-runner-blob-sha256-…` */
export function blobKey(digest: string): string {
  return `agent-runner-blob-${blobFile(digest)}`;
}

/** Whole images, for an engine that cannot reach this process; else the parts an image is made of. */
export type ImageKind = "image" | "archive";

/** The one file of an image's entry. */
export function imageFile(kind: ImageKind, layer: string, key: string): string {
  return `agent-runner-${kind}-${layer}-${key}`;
}

/**
 * The key of a new entry of an image. Entries are immutable, and a rebuild publishes anew under the
 * same key: so each has its time, and the service answers the beginning with the newest.
 *
 * @param now milliseconds since 1970
 */
export function imageKey(file: string, now: number): string {
  return `${imageKeyPrefix(file)}${now}`;
}

/** What to ask for, and have the answer checked by {@link isImageKey}. */
export function imageKeyPrefix(file: string): string {
  return `${file}-`;
}

/** Whether an entry is one of this very image: the service finds by beginnings. */
export function isImageKey(file: string, key: string): boolean {
  return key.startsWith(imageKeyPrefix(file)) && /^\d+$/.test(key.slice(file.length + 1));
}
