/** The action's part of the memory test: the loopback registry, the run's blobs and the worker, and nothing else. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runBlobs } from "../../src/images/actions-cache/blobs/run-blobs.ts";
import { cacheWorker } from "../../src/images/actions-cache/entries/worker.ts";
import { startLoopbackRegistry } from "../../src/images/actions-cache/loopback/server.ts";

const folder = process.argv[2] as string;
const work = join(folder, "entries");
await mkdir(work);
const entries = cacheWorker({
  folder: work,
  environment: process.env,
  entry: join(import.meta.dirname, "../harness/azure-worker.ts"),
  stallMs: 60_000,
  lookupMs: 60_000,
  signal: new AbortController().signal,
});
const blobs = runBlobs(entries, work, undefined);
const registry = await startLoopbackRegistry(blobs, folder, "probe");
let workerPeak = 0;
let togetherPeak = 0;
setInterval(async () => {
  const pids = await children();
  for (const pid of pids) workerPeak = Math.max(workerPeak, await peakOf(pid));
  const shares = await Promise.all(["self", ...pids].map(shareOf));
  togetherPeak = Math.max(
    togetherPeak,
    shares.reduce((sum, share) => sum + share, 0),
  );
}, 200).unref();

/** What becomes of a layer that an engine has pushed. */
async function save(digest: string, diffId: string): Promise<void> {
  const packed = await blobs.repack(digest, diffId, new AbortController().signal);
  if (packed === undefined) throw new Error("the layer was not packed anew");
  const done = await blobs.save(packed.digest);
  await blobs.free();
  // as an image's manifest makes it known: from here on it can be restored
  blobs.learn({ base: [], blobs: new Map() }, [packed]);
  process.send?.({ ...done, digest: packed.digest });
}

process.on("message", async (asked: { save: string; diffId: string } | { peaks: true }) => {
  if ("save" in asked) {
    await save(asked.save, asked.diffId);
  } else {
    process.send?.({
      main: await peakOf("self"),
      worker: workerPeak,
      together: togetherPeak,
    });
  }
});
process.send?.({ address: registry.address });

/** The highest resident set so far, in MB. */
async function peakOf(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000);
}

/** What a process has in memory now, in MB; of what several have, such as Node's program, its part. */
async function shareOf(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Math.round(Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1000);
}

async function children(): Promise<string[]> {
  const threads = await readdir("/proc/self/task");
  const lists = threads.map((id) => readFile(`/proc/self/task/${id}/children`, "utf8"));
  return (await Promise.all(lists))
    .join(" ")
    .split(" ")
    .filter((pid) => pid !== "");
}
