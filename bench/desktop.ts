/**
 * `npm run bench:desktop [-- [--runs N] [--dry]]`: the table of the two caches, measured on this machine. The
 * built action runs the task of `examples/basic` without caching, with the desktop cached, with the packages cached,
 * and with both, N times each (5), one way after the other in every round, so that a machine that gets slower
 * meanwhile gets slower for all of them. Then the start of the cached desktop against its programs by hand. Writes
 * its section of docs/performance.md, or with `--dry` only prints it; exits with 1 where a promise about the start is
 * not kept.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { ensureEngine } from "../scripts/engine.ts";
import { attempt, run, tail } from "../scripts/shell.ts";
import { cacheFolder, ensureBaseImage } from "../tests/harness/base-image.ts";
import { startRegistry } from "../tests/harness/registry.ts";
import { runAction, type StepResult } from "../tests/harness/runner.ts";
import { startTimes } from "./desktop-start.ts";
import { brokenPromises, type Measured, section } from "./desktop-table.ts";
import { describeMachine } from "./machine.ts";
import { failOn, writeSection } from "./page.ts";

const ROOT = join(import.meta.dirname, "..");

/** Starts of the desktop of each kind; single ones differ by a half, depending on what ran when on two cores. */
const STARTS = 20;

type Inputs = Record<string, string>;

/** What has to be undone, last first, however the measurement ends. */
const undo: (() => Promise<unknown>)[] = [];
/** The desktop layer that was built last. */
let desktopImage = "";
const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "5" }, dry: { type: "boolean", default: false } },
});

try {
  const loadBefore = loadavg()[0] ?? 0;
  const { workspace, inputs } = await prepare();
  const ways = waysOf(inputs);
  for (const way of ways) {
    way.buildMs = await build(way, workspace);
    if (way.buildMs > 0) say(`${way.title}: built in ${seconds(way.buildMs)}`);
  }
  for (let round = 1; round <= Number(options.runs); round++) {
    for (const way of ways) {
      const { stepMs, reachedMs } = await task(way, workspace);
      way.runs.push(stepMs);
      way.reached.push(reachedMs);
      say(`round ${round}, ${way.title}: ${seconds(stepMs)}, command after ${seconds(reachedMs)}`);
    }
  }
  say("starting the desktop, and its programs by hand");
  const starts = await startTimes(desktopImage, STARTS);
  const machine = await describeMachine();
  const load = [loadBefore, loadavg()[0] ?? 0] as const;
  const text = section(ways, starts, {
    machine,
    load,
    date: new Date().toISOString().slice(0, 10),
  });
  console.log(`\n${text}`);
  if (!options.dry) await writeSection("desktop", text);
  failOn(brokenPromises(starts));
} finally {
  for (const step of undo.reverse()) {
    await step().catch((error) => console.error(`cleaning up: ${error}`));
  }
}

/** One of the step's output `layers`. */
interface Layer {
  name: string;
  key: string;
  source: string;
}

interface Way extends Measured {
  inputs: Inputs;
  cached: boolean;
}

function waysOf(inputs: Inputs): Way[] {
  const way = (title: string, desktop: boolean, container: boolean): Way => ({
    title,
    inputs: {
      ...inputs,
      "cache-desktop-build": String(desktop),
      "cache-container-build": String(container),
      // Nobody has built this version before, BuildKit's own cache included.
      "cache-version": `bench-${process.pid}-${desktop}-${container}`,
    },
    cached: desktop || container,
    buildMs: 0,
    runs: [],
    reached: [],
  });
  return [
    way("no caching", false, false),
    way("desktop cached", true, false),
    way("container cached", false, true),
    way("both cached", true, true),
  ];
}

/** Engine, action, base image in a local registry, workspace. None of it counts in the figures. */
async function prepare(): Promise<{ workspace: string; inputs: Inputs }> {
  const engine = await ensureEngine(say);
  undo.push(() => engine.stop());
  if (!existsSync(join(ROOT, "dist", "index.js"))) {
    await run(process.execPath, ["scripts/build.ts"], { cwd: ROOT });
  }
  const { reference } = await ensureBaseImage();
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), "bench-"));
  undo.push(() => rm(work, { recursive: true, force: true }));
  undo.push(removeJobFolders);
  const registry = await startRegistry();
  undo.push(() => registry.stop());
  const base = `${registry.address}/bench/base:bookworm`;
  await run("docker", ["tag", reference, base]);
  undo.push(() => attempt("docker", ["image", "rm", base]));
  await run("docker", ["push", "--quiet", base]);
  const workspace = join(work, "workspace");
  await cp(join(ROOT, "examples", "basic"), workspace, { recursive: true });
  const file = await readFile(join(workspace, "environment.yml"), "utf8");
  const { command } = parse(file) as { command: string };
  return {
    workspace,
    inputs: {
      environment: "environment.yml",
      "base-image": base,
      // The first thing the task does is to say when it was reached. Host and container have one clock.
      command: `date +%s%N >/tmp/agents-artifacts/reached\n${command}`,
    },
  };
}

/** Builds what the way caches, and nothing else: how long that takes, once. */
async function build(way: Way, workspace: string): Promise<number> {
  if (!way.cached) return 0;
  const result = await step({ ...way.inputs, mode: "prebuild" }, workspace);
  const layers = JSON.parse(result.outputs.layers ?? "[]") as Layer[];
  for (const { name, key, source } of layers) {
    if (name === "desktop") desktopImage = `agent-runner-desktop:${key}`;
    if (source !== "built") throw new Error(`${way.title}: a layer came from ${source}`);
    undo.push(() => removeLayer(key));
  }
  return total(result);
}

async function task(way: Way, workspace: string): Promise<{ stepMs: number; reachedMs: number }> {
  const started = Date.now();
  const result = await step(way.inputs, workspace);
  if (way.cached && result.outputs["image-source"] !== "local") {
    throw new Error(`${way.title}: started from ${result.outputs["image-source"]}`);
  }
  const artifacts = result.outputs["artifacts-path"] ?? "";
  const reached = Number(await readFile(join(artifacts, "reached"), "utf8")) / 1e6;
  return { stepMs: total(result), reachedMs: reached - started };
}

async function step(inputs: Inputs, workspace: string): Promise<StepResult> {
  const result = await runAction({ inputs, workspace });
  if (result.exitCode !== 0) throw new Error(`the step failed:\n${tail(result.log, 30)}`);
  return result;
}

/** The whole step as a job sees it, post included. */
function total({ durationMs, post }: StepResult): number {
  return durationMs + (post?.durationMs ?? 0);
}

async function removeLayer(key: string): Promise<void> {
  for (const layer of ["env", "desktop"]) {
    await attempt("docker", ["image", "rm", "--force", `agent-runner-${layer}:${key}`]);
  }
}

/** The harness leaves its jobs' folders for a look at them. */
async function removeJobFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(`agent-runner-job-${process.pid}-`)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function say(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
