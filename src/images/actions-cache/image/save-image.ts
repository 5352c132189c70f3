import { rm } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import type { Published } from "../../store.ts";
import type { StoredBlob } from "../blobs/blob-cache.ts";
import type { Repacked } from "../blobs/repack.ts";
import type { RunBlobs } from "../blobs/run-blobs.ts";
import type { CacheEntries } from "../entries/cache-entries.ts";
import { imageFile, imageKey } from "../entries/names.ts";
import type { Outcome } from "../entries/protocol.ts";
import { type Cargo, smallBytes, whatIsTooMuch } from "../limits.ts";
import { notSaved } from "../outcomes.ts";
import { type Bundle, writeBundle } from "./bundle.ts";
import { type PushedImage, readPushedImage, rewriteManifest } from "./pushed-image.ts";

export interface SaveTools {
  readonly entries: CacheEntries;
  readonly blobs: RunBlobs;
  /** The worker's. */
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What this run has saved already. */
  readonly before: Cargo;
  /** The step was cancelled. */
  readonly signal: AbortSignal;
}

/** Saves side by side; each sends its parts in parallel, and a task is running. */
const parallel = 2;

/**
 * Saves an image that the engine has pushed: its large blobs as entries of their own, unless the
 * cache or the base's registry has them, and last, when all of them are there, its own entry.
 */
export async function saveImage(
  layer: { readonly name: string; readonly key: string },
  digest: string,
  tools: SaveTools,
): Promise<Published> {
  const { blobs, entries, folder } = tools;
  const image = await readPushedImage(blobs, digest);
  if (image === undefined) {
    return { outcome: "failed", why: "what the engine sent is no image manifest" };
  }
  const { config, layers } = image.manifest;
  const sizes = new Map(layers.map((one) => [one.digest, one.size]));
  const base = [...sizes.keys()].filter((part) => blobs.ofBase(part));
  const rest = [...sizes.keys()].filter((part) => !blobs.ofBase(part));
  const isSmall = (part: string) => blobs.stored(part) && (sizes.get(part) ?? 0) < smallBytes;
  const small = rest.filter(isSmall);
  const cargo = await repackAll(
    image,
    rest.filter((part) => !small.includes(part)),
    tools,
  );
  if (tools.signal.aborted) {
    return { outcome: "failed", why: "the step was cancelled" };
  }
  if ("lost" in cargo) {
    const why = `the layer ${cargo.lost} was evicted while it was needed`;
    return { outcome: "failed", why };
  }
  const scratch = join(folder, `manifest-${layer.name}`);
  const saved = await rewriteManifest(image, cargo.repacked, blobs, scratch);
  const file = imageFile("image", layer.name, layer.key);
  const bundled = [saved, config.digest, ...small];
  const bundle: Bundle = {
    manifest: saved,
    base,
    blobs: new Map(bundled.map((part) => [part, blobs.stored(part) as StoredBlob])),
  };
  const path = join(folder, file);
  const bundleBytes = await writeBundle(path, bundle);
  try {
    const planned = { bytes: cargo.bytes + bundleBytes, entries: cargo.fresh.length + 1 };
    const tooMuch = whatIsTooMuch(planned, tools.before);
    if (tooMuch !== undefined) {
      return { outcome: "denied", why: tooMuch };
    }
    const sent = { bytes: 0, entries: 0 };
    const failed = await saveAll(cargo.fresh, blobs, sent);
    const done = failed ?? (await entries.save(file, imageKey(file, tools.now())));
    if (done.outcome === "saved") {
      count(sent, done);
      return { outcome: "sent", digest: saved, saved: { ...sent, whole: true } };
    }
    // the layers that were sent are in the cache, whether or not an image names them
    const partial = sent.entries > 0 ? { ...sent, whole: false } : undefined;
    return { ...notSaved(done), saved: partial };
  } finally {
    await rm(path, { force: true });
  }
}

interface Load {
  /** What the manifest is to say instead, by the digest it says. */
  readonly repacked: ReadonlyMap<string, Repacked>;
  /** The blobs to save, smallest first. */
  readonly fresh: readonly string[];
  /** About what they come to in the cache. */
  readonly bytes: number;
}

/** Packs the large layers anew, one after the other: the task has the processors. */
async function repackAll(
  image: PushedImage,
  large: readonly string[],
  { blobs, signal }: SaveTools,
): Promise<Load | { readonly lost: string }> {
  const repacked = new Map<string, Repacked>();
  const fresh: string[] = [];
  let bytes = 0;
  for (const [index, { digest, size }] of image.manifest.layers.entries()) {
    const diffId = image.diffIds[index] as string;
    if (!large.includes(digest) || repacked.has(digest)) {
      continue;
    }
    if (signal.aborted) {
      break;
    }
    const instead = await blobs.repack(digest, diffId, signal);
    const part = instead?.digest ?? digest;
    if (instead !== undefined) {
      repacked.set(digest, instead);
    }
    if (await blobs.inCache(part)) {
      continue;
    }
    if (blobs.stored(part) === undefined) {
      return { lost: part };
    }
    fresh.push(part);
    bytes += instead?.size ?? size;
  }
  const sizeOf = (part: string) => blobs.stored(part)?.size ?? 0;
  fresh.sort((one, other) => sizeOf(one) - sizeOf(other));
  return { repacked, fresh, bytes };
}

function count(sent: { bytes: number; entries: number }, done: Outcome): void {
  if (done.outcome === "saved") {
    sent.bytes += done.bytes;
    sent.entries += 1;
  }
}

/** Saves blobs; answers the first failure. The first goes alone: a denial then costs one request. */
async function saveAll(
  [first, ...others]: readonly string[],
  blobs: RunBlobs,
  sent: { bytes: number; entries: number },
): Promise<Outcome | undefined> {
  let failed: Outcome | undefined;
  const save = async (digest: string) => {
    if (failed === undefined) {
      const done = await saveOne(digest, blobs, sent);
      failed ??= done;
    }
  };
  if (first !== undefined) {
    await save(first);
  }
  await pLimit(parallel).map(others, save);
  return failed;
}

async function saveOne(
  digest: string,
  blobs: RunBlobs,
  sent: { bytes: number; entries: number },
): Promise<Outcome | undefined> {
  const done = await blobs.save(digest);
  count(sent, done);
  if (done.outcome === "saved") {
    return undefined;
  }
  // "exists" may be another job that is still sending, or one that never ended: only an entry that
  // can be found may be named by a manifest
  return done.outcome === "exists" && (await blobs.inCache(digest)) ? undefined : done;
}
