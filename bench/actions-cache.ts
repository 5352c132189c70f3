/**
 * How long an image takes from the Actions cache into an engine, on both image stores, with the base image there
 * and not there: our store, against what peers do (a `docker save` tar in the cache and `docker load`), and against
 * a plain pull from a registry on this machine, which is the limit. `npm run bench:actions-cache [repeats]`; as root,
 * with the tests' prerequisites. Writes its section of docs/performance.md, and fails where a promise is not kept.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, ensureEngine, startDaemon } from "../scripts/engine.ts";
import { attempt, run } from "../scripts/shell.ts";
import { dockerCli } from "../src/engine/cli.ts";
import { dockerEngine } from "../src/engine/engine.ts";
import { cacheWorker } from "../src/images/actions-cache/entries/worker.ts";
import { actionsCacheStore } from "../src/images/actions-cache/store.ts";
import { parseReference, type Reference } from "../src/keys/reference.ts";
import { startBudget } from "../src/registry/budget.ts";
import { registryClient } from "../src/registry/client.ts";
import { type Manifest, parseManifest } from "../src/registry/documents.ts";
import { ensureBaseImage } from "../tests/harness/base-image.ts";
import { type Registry, startRegistry } from "../tests/harness/registry.ts";
import { buildBase, buildLayers, type Chain, unpacked } from "./actions-cache-image.ts";
import { brokenPromises, type Figure, type ImageStore, section } from "./actions-cache-table.ts";
import { type BenchService, startBenchService } from "./cache-service.ts";
import { describeMachine } from "./machine.ts";
import { failOn, writeSection } from "./page.ts";

const repeats = Number(process.argv[2] ?? 3);
const temp = await mkdtemp(join(tmpdir(), "agent-runner-bench-"));
const ways = ["ours", "tar", "pull"] as const;

/** As it is shipped: `npm run build` first. */
const workerEntry = join(import.meta.dirname, "..", "dist", "cache-worker", "index.js");

interface Bench {
  store: ImageStore;
  service: BenchService;
  registry: Registry;
  base: string;
  chain: Chain;
  /** The engine that restores. */
  daemon: Daemon;
}

const client = registryClient({
  credentials: async () => undefined,
  budget: startBudget(3_600_000),
});

/** The compressed layers of an image in a registry. */
async function layersOf(reference: string): Promise<Manifest["layers"]> {
  const image = parseReference(reference) as Reference;
  const read = parseManifest((await client.manifest(image, image.tag ?? "")).json);
  if (read === undefined || !("manifest" in read)) throw new Error(`${reference} is no image`);
  return read.manifest.layers;
}

async function bytesOf(reference: string): Promise<number> {
  return (await layersOf(reference)).reduce((all, { size }) => all + size, 0);
}

async function measureStore(store: ImageStore): Promise<Figure[]> {
  const containerdSnapshotter = store === "containerd";
  const name = `b${(process.pid % 46_656).toString(36)}`;
  const one = await startDaemon({
    dir: join(temp, `${store}-1`),
    name: `${name}1`,
    containerdSnapshotter,
  });
  const two = await startDaemon({
    dir: join(temp, `${store}-2`),
    name: `${name}2`,
    containerdSnapshotter,
  });
  try {
    const chain = await buildLayers(one.host, base, store);
    const bench = { store, service, registry, base, chain, daemon: two };
    await saveAll(bench, one.host);
    const figures: Figure[] = [];
    for (const presence of ["present", "absent"] as const) {
      const taken = ways.map(
        (way): Figure => ({ store, base: presence, way, seconds: [], bytes: 0, baseBytes: 0 }),
      );
      // in turns: what else the machine does meets all alike
      for (let round = 0; round < repeats; round++) {
        for (const figure of taken) await measure(bench, figure);
      }
      figures.push(...taken);
    }
    return figures;
  } finally {
    await one.stop();
    await two.stop();
  }
}

/** Puts the image where each way looks for it. */
async function saveAll(bench: Bench, host: string): Promise<void> {
  const { desktop, env, expected } = bench.chain;
  const ours = await store(bench, host);
  for (const layer of [desktop, env]) {
    const saved = await ours.publish?.(layer, expected, false);
    if (saved?.outcome !== "sent") throw new Error(`not saved: ${saved?.why}`);
  }
  const folder = await mkdtemp(join(temp, "save-"));
  const tar = join(folder, tarFile(bench));
  await run("docker", ["--host", host, "save", "--output", tar, env.reference]);
  const done = await worker(bench, folder).save(tarFile(bench), `tar-${env.key}`);
  if (done.outcome !== "saved") throw new Error(`the tar was not saved: ${JSON.stringify(done)}`);
  await run("docker", ["--host", host, "tag", env.reference, remote(bench)]);
  await run("docker", ["--host", host, "push", remote(bench)]);
}

async function measure(bench: Bench, figure: Figure): Promise<void> {
  const { base: presence, way } = figure;
  await clear(bench);
  if (presence === "present") {
    await run("docker", ["--host", bench.daemon.host, "pull", "--quiet", bench.base]);
  }
  await bench.service.reset();
  await run("sync", []); // what others have written is not to be waited for here
  const started = performance.now();
  await restore[way](bench);
  const seconds = (performance.now() - started) / 1000;
  figure.seconds.push(seconds);
  const base = await bytesOf(bench.base);
  figure.baseBytes = presence === "absent" && way !== "tar" ? base : 0;
  const moved =
    way === "pull" ? (await bytesOf(remote(bench))) - base : await bench.service.downloaded();
  figure.bytes = figure.baseBytes + moved;
  console.error(`${bench.store}, base ${presence}, ${way}: ${seconds.toFixed(2)} s`);
}

const restore: Record<(typeof ways)[number], (bench: Bench) => Promise<void>> = {
  async ours(bench) {
    const { env, expected } = bench.chain;
    const found = await (await store(bench, bench.daemon.host)).restore(env, expected);
    if (!found.hit) throw new Error(found.why);
  },
  async tar(bench) {
    const { env } = bench.chain;
    const folder = await mkdtemp(join(temp, "restore-"));
    const cache = worker(bench, folder);
    const done = await cache.restore(tarFile(bench), `tar-${env.key}`, 10e9);
    if (done.outcome !== "hit") throw new Error(JSON.stringify(done));
    const file = join(folder, tarFile(bench));
    await run("docker", ["--host", bench.daemon.host, "load", "--input", file]);
    await canBeStarted(bench, env.reference);
    cache.close();
    await rm(folder, { recursive: true });
  },
  async pull(bench) {
    await run("docker", ["--host", bench.daemon.host, "pull", "--quiet", remote(bench)]);
    await canBeStarted(bench, remote(bench));
  },
};

/** A container can be made of it: ours is not done before that, and no task starts without. */
async function canBeStarted({ daemon }: Bench, reference: string): Promise<void> {
  const created = await run("docker", ["--host", daemon.host, "create", reference, "true"]);
  await run("docker", ["--host", daemon.host, "rm", created.trim()]);
}

/** An engine without the image, its parents and the base. */
async function clear({ daemon }: Bench): Promise<void> {
  const listed = await run("docker", [
    "--host",
    daemon.host,
    "image",
    "ls",
    "--all",
    "--quiet",
    "--no-trunc",
  ]);
  for (const id of new Set(listed.split("\n").filter((line) => line !== ""))) {
    await attempt("docker", ["--host", daemon.host, "image", "rm", "--force", id]);
  }
}

async function store({ base, service }: Bench, host: string) {
  const folder = await mkdtemp(join(temp, "job-"));
  const image = parseReference(base) as Reference;
  const sizes = new Map((await layersOf(base)).map(({ digest, size }) => [digest, size]));
  return actionsCacheStore({
    engine: dockerEngine(dockerCli({ ...process.env, DOCKER_HOST: host })),
    folder,
    environment: { ...process.env, ...service.env() },
    read: true,
    write: true,
    base: { image, sizes, client },
    runId: "bench",
    label: "io.agent-runner.bench=1",
    limitMs: 600_000,
    signal: new AbortController().signal,
    notice: (message) => console.error(message),
    remote: false,
    workerEntry,
  });
}

function worker({ service }: Bench, folder: string) {
  return cacheWorker({
    folder,
    environment: { ...process.env, ...service.env() },
    stallMs: 60_000,
    lookupMs: 20_000,
    entry: workerEntry,
    signal: new AbortController().signal,
  });
}

function tarFile({ store }: Bench): string {
  return `image-${store}.tar`;
}

function remote({ registry, chain, store }: Bench): string {
  return `${registry.direct}/bench/${store}:${chain.env.key}`;
}

await ensureEngine((line) => console.error(line));
await ensureBaseImage();
const service = await startBenchService();
const registry = await startRegistry();
const base = `${registry.direct}/bench/base:1`;
await buildBase(base);
await run("docker", ["push", base]);
await run("docker", ["image", "rm", base]);
try {
  const figures: Figure[] = [];
  for (const store of ["classic", "containerd"] as const) {
    figures.push(...(await measureStore(store)));
  }
  await writeSection("actions-cache", section(figures, unpacked, repeats, await describeMachine()));
  failOn(brokenPromises(figures));
} finally {
  await service.stop();
  await registry.stop();
  await rm(temp, { recursive: true, force: true });
}
