import { mkdir, realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { type RunBlobs, runBlobs } from "./blobs/run-blobs.ts";
import { type GivingUp, givingUp } from "./entries/giving-up.ts";
import { cacheWorker } from "./entries/worker.ts";
import type { Cargo } from "./limits.ts";
import { type Serving, serving } from "./loopback/serving.ts";
import type { ActionsCacheOptions } from "./options.ts";

/** One run's business with the Actions cache, begun at the first question. */
export interface CacheSession {
  readonly entries: GivingUp;
  readonly blobs: RunBlobs;
  /** The worker's folder. */
  readonly folder: string;
  readonly registry: Serving;
  /** Keys whose entry led to nothing: it is replaced, or it would be in the way for good. */
  readonly stale: Set<string>;
  /** What was saved so far. */
  saved: Cargo;
  /** Says once that the job's token may not do something. */
  deny(why: string): void;
}

/** GitHub's own time-outs are minutes; a build is the better way long before. */
const defaultStallMs = 60_000;
/** A question to the service that moves next to nothing. */
const lookupMs = 20_000;

/** The client alone, with the folder its files are in. */
export async function openEntries(
  options: Pick<
    ActionsCacheOptions,
    "folder" | "environment" | "authorities" | "signal" | "stallMs" | "workerEntry"
  >,
): Promise<Pick<CacheSession, "entries" | "folder">> {
  const staged = join(stagingFolder(options.folder), "entries");
  await mkdir(staged, { recursive: true, mode: 0o700 });
  // @actions/cache compares paths with the working folder's real one
  const folder = await realpath(staged);
  const { signal, stallMs = defaultStallMs } = options;
  const authorities = await options.authorities?.();
  const environment = {
    ...options.environment,
    ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: authorities }),
  };
  const entries = givingUp(
    cacheWorker({
      folder,
      environment,
      signal,
      stallMs,
      lookupMs: Math.min(lookupMs, stallMs),
      ...(options.workerEntry && { entry: options.workerEntry }),
    }),
  );
  return { entries, folder };
}

export async function beginSession(options: ActionsCacheOptions): Promise<CacheSession> {
  const { entries, folder } = await openEntries(options);
  const uploads = join(stagingFolder(options.folder), "uploads");
  await mkdir(uploads, { recursive: true, mode: 0o700 });
  const blobs = runBlobs(entries, folder, options.base);
  let denied = false;
  return {
    entries,
    blobs,
    folder,
    registry: serving(blobs, uploads, options.runId),
    stale: new Set(),
    saved: { bytes: 0, entries: 0 },
    deny(why) {
      if (!denied) {
        options.notice(`the Actions cache is denied to this job: ${why}`);
      }
      denied = true;
    },
  };
}

/** Removes what a run's cache has left on the disk; for `post`, too. */
export async function removeStaging(folder: string): Promise<void> {
  // what was just ended may still be writing
  await rm(stagingFolder(folder), { recursive: true, force: true, maxRetries: 5 });
}

function stagingFolder(folder: string): string {
  return join(folder, "actions-cache");
}
