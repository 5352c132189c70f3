import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { sha256 } from "../../../keys/hash.ts";
import type { Manifest } from "../../../registry/documents.ts";
import { parseManifest } from "../../../registry/documents.ts";
import type { CacheEntries } from "../entries/cache-entries.ts";
import { imageFile, imageKeyPrefix, isImageKey } from "../entries/names.ts";
import { regularFileSize } from "../entries/regular-file.ts";
import { maxDocumentBytes } from "../limits.ts";
import { type Bundle, readBundle } from "./bundle.ts";

/** An image as its own entry describes it. */
export interface ImageEntry {
  readonly bundle: Bundle;
  readonly manifest: Manifest;
  /** The manifest's document. */
  readonly json: unknown;
}

/** What asking for an image's entry led to. */
export type FoundImage =
  | { readonly entry: ImageEntry }
  | { readonly absent: true }
  | { readonly denied: string }
  | { readonly wrong: string };

let reads = 0;

/** Fetches the newest entry of a layer's image and checks that it is what it says. */
export async function fetchImageEntry(
  entries: CacheEntries,
  folder: string,
  layer: string,
  key: string,
): Promise<FoundImage> {
  const file = imageFile("image", layer, key);
  const done = await entries.fetch(file, imageKeyPrefix(file));
  if (done.outcome === "miss" || (done.outcome === "hit" && !isImageKey(file, done.key))) {
    return { absent: true };
  }
  if (done.outcome === "denied") {
    return { denied: done.why };
  }
  if (done.outcome !== "hit") {
    return { wrong: "why" in done ? done.why : done.outcome };
  }
  const arrived = join(folder, file);
  if ((await regularFileSize(arrived)) === undefined) {
    await rm(arrived, { recursive: true, force: true });
    return { wrong: "its entry has no such file" };
  }
  // a later answer for the same key must not change the file under an open blob
  reads += 1;
  const own = join(folder, `bundle-${reads}`);
  try {
    await rename(arrived, own);
    const bundle = await readBundle(own);
    const entry = bundle === undefined ? undefined : await readManifest(bundle);
    return entry === undefined ? { wrong: "its entry is no image's" } : { entry };
  } catch (error) {
    return { wrong: `its entry cannot be read: ${(error as Error).message}` };
  }
}

async function readManifest(bundle: Bundle): Promise<ImageEntry | undefined> {
  const bytes = await readSmall(bundle, bundle.manifest);
  const json = bytes === undefined ? undefined : parseJson(bytes);
  const read = json === undefined ? undefined : parseManifest(json);
  return read !== undefined && "manifest" in read
    ? { bundle, manifest: read.manifest, json }
    : undefined;
}

/** A document of a bundle, checked against its digest; undefined also where it is too large for one. */
export async function readSmall(bundle: Bundle, digest: string): Promise<Buffer | undefined> {
  const blob = bundle.blobs.get(digest);
  if (blob === undefined || blob.size === 0 || blob.size > maxDocumentBytes) {
    return undefined;
  }
  const bytes = await buffer(await blob.open());
  return `sha256:${sha256(bytes)}` === digest ? bytes : undefined;
}

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
