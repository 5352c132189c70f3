import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { sha256 } from "../../../keys/hash.ts";
import { parseJson } from "../../../log/json.ts";
import { type Manifest, parseManifest } from "../../../registry/documents.ts";
import type { CacheEntries } from "../entries/cache-entries.ts";
import { imageFile } from "../entries/names.ts";
import { regularFileSize } from "../entries/regular-file.ts";
import { maxBundleBytes, maxDocumentBytes } from "../limits.ts";
import { type Bundle, readBundle } from "./bundle.ts";
import { askForNewest, type NoEntry } from "./newest-entry.ts";

/** An image as its own entry describes it. */
export interface ImageEntry {
  readonly bundle: Bundle;
  readonly manifest: Manifest;
}

/** Fetches the newest entry of a layer's image and checks that it is what it says. */
export async function fetchImageEntry(
  entries: CacheEntries,
  folder: string,
  layer: string,
  key: string,
): Promise<{ readonly entry: ImageEntry } | NoEntry> {
  const file = imageFile("image", layer, key);
  const none = await askForNewest(
    (name, newest) => entries.fetch(name, newest, maxBundleBytes),
    file,
  );
  if (none !== undefined) {
    return none;
  }
  const arrived = join(folder, file);
  if ((await regularFileSize(arrived)) === undefined) {
    await rm(arrived, { recursive: true, force: true });
    return { wrong: "its entry has no such file" };
  }
  // a later answer for the same key must not change the file under an open blob
  const own = join(folder, `bundle-${randomUUID()}`);
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
  const json = bytes === undefined ? undefined : parseJson(bytes.toString("utf8"));
  const read = json === undefined ? undefined : parseManifest(json);
  return read !== undefined && "manifest" in read ? { bundle, manifest: read.manifest } : undefined;
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
