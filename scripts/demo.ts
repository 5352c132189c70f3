/**
 * `npm run demo`: what the action is for, in one run on this machine. The built action runs the task of
 * `examples/basic` in four ways: installing everything at run time, with a cold cache, warm from the engine, and warm
 * from a registry on an engine that has none of the images. Everything in it is real: engine, registry, builds.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { cacheFolder, ensureBaseImage } from "../tests/harness/base-image.ts";
import { startRegistry } from "../tests/harness/registry.ts";
import { figures, problems } from "./demo-table.ts";
import { type Done, runWay, type Stage, type Way } from "./demo-way.ts";
import { type Daemon, ensureEngine, startDaemon } from "./engine.ts";
import { attempt, run, which } from "./shell.ts";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, ".cache", "demo");
const HELP = `usage: npm run demo -- [--base IMAGE]

  --base IMAGE  start from this public image (debian:12, say; it needs apt) instead of a Debian made on the spot;
                for machines that reach an image registry. The image stays in the engine.`;

const stopped = new AbortController();
/** What has to be undone, last first, however the demo ends. */
const undo: (() => Promise<void>)[] = [];

try {
  const { values } = parseArgs({
    options: { base: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help) console.log(HELP);
  else await demo(values.base);
} catch (error) {
  process.exitCode = 1;
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
} finally {
  for (const step of undo.reverse()) {
    await step().catch((error) => console.error(`cleaning up: ${error}`));
  }
}

async function demo(publicBase: string | undefined): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => stopped.abort(new Error("it was interrupted")));
  console.log("Preparing: a container engine, a base image, a registry");
  const stage = await prepare();
  const base = publicBase === undefined ? await pushBase(stage) : await pullBase(publicBase);
  const done: Done[] = [];
  for (const way of await ways(stage, base)) {
    console.log(`\n${done.length + 1}. ${way.title}: ${way.what}`);
    if (way.emptied) {
      await removeImages(stage);
      stage.host = (await emptyEngine(stage.work))?.host;
    }
    stopped.signal.throwIfAborted();
    done.push(await runWay(way, stage));
  }
  console.log(`\n${figures(done, stage.host !== undefined)}\n`);
  const place = relative(process.cwd(), RESULTS) || ".";
  console.log(`Job summaries, logs, outputs:  ${place}/*/{summary.md,log.txt,outputs.json}`);
  for (const picture of new Set(done.flatMap(({ pictures }) => pictures))) {
    console.log(`Screenshot of the desktop:     ${place}/*/artifacts/${picture}`);
  }
  for (const problem of problems(done)) {
    process.exitCode = 1;
    console.error(`NOT AS PROMISED: ${problem}`);
  }
}

/** Everything that is there before the first way starts. None of it counts in the figures. */
async function prepare(): Promise<Stage> {
  const say = (line: string) => console.log(`   ${line}`);
  const engine = await ensureEngine(say);
  undo.push(() => engine.stop());
  if (!existsSync(join(ROOT, "dist", "index.js"))) {
    say("Building dist/");
    await run(process.execPath, ["scripts/build.ts"], { cwd: ROOT });
  }
  await rm(RESULTS, { recursive: true, force: true });
  await mkdir(RESULTS, { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), "demo-"));
  undo.push(() => rm(work, { recursive: true, force: true }));
  await cp(join(ROOT, "examples", "basic"), join(work, "workspace"), { recursive: true });
  undo.push(removeJobFolders);
  const registry = await startRegistry();
  undo.push(() => registry.stop());
  const stage: Stage = {
    work,
    workspace: join(work, "workspace"),
    results: RESULTS,
    registry,
    calls: [],
    host: undefined,
    stopped: stopped.signal,
  };
  undo.push(() => removeImages(stage));
  return stage;
}

/** The base comes from a registry, as everyone's does; this one is the demo's own. */
async function pushBase({ registry }: Stage): Promise<string> {
  console.log("   The base is a minimal Debian 12; it is made once a machine, in about a minute");
  const { reference } = await ensureBaseImage();
  const name = `${registry.address}/demo/base:bookworm`;
  await run("docker", ["tag", reference, name]);
  undo.push(async () => void (await attempt("docker", ["rmi", name])));
  await run("docker", ["push", "--quiet", name]);
  return name;
}

/** Pulled beforehand, so that the first way is not charged for it. */
async function pullBase(name: string): Promise<string> {
  console.log(`   Pulling ${name}`);
  await run("docker", ["pull", "--quiet", name]);
  return name;
}

async function ways({ registry, workspace, work }: Stage, base: string): Promise<Way[]> {
  const file = join(workspace, "environment.yml");
  const { command } = parse(await readFile(file, "utf8")) as { command: string };
  const installing = {
    environment: "environment.yml",
    "base-image": base,
    // The first thing the task does is to say when it was reached. Host and container have one clock.
    command: `date +%s%N >/tmp/agents-artifacts/reached\n${command}`,
    "cache-desktop-build": "false",
    "cache-container-build": "false",
  };
  const caching = {
    ...installing,
    "cache-desktop-build": "true",
    "cache-container-build": "true",
    registry: `${registry.address}/demo`,
    push: "always",
    // Nobody has built this version before, BuildKit's own cache included.
    "cache-version": work.slice(-6),
  };
  return [
    {
      folder: "1-installing",
      title: "Installing at run time",
      what: "no cache; the task's container installs desktop and packages before the task",
      inputs: installing,
    },
    {
      folder: "2-cold",
      title: "Cold build",
      what: "both caches on and nothing in them; builds two images, pushes them beside the task",
      inputs: caching,
    },
    {
      folder: "3-warm-engine",
      title: "Warm from the engine",
      what: "the same step again, on the same machine",
      inputs: caching,
      hit: "local",
    },
    {
      folder: "4-warm-registry",
      title: "Warm from the registry",
      what: "the images are removed, as on a machine that has never built them",
      inputs: caching,
      hit: "registry",
      emptied: true,
    },
  ];
}

/** Removes what the action's own docker calls have named, and nothing else. */
async function removeImages({ calls, registry }: Stage): Promise<void> {
  const ours = (word: string) =>
    word.startsWith(`${registry.address}/demo/agent-runner-`) ||
    /^agent-runner-(desktop|env):/.test(word);
  const commands = await Promise.all(calls.map((log) => log.commands()));
  for (const name of new Set(commands.flat(2).filter(ours))) await attempt("docker", ["rmi", name]);
}

/** The harness leaves its jobs' folders for a look at them; what is worth it has been copied. */
async function removeJobFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(`agent-runner-job-${process.pid}-`)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/**
 * A second engine without images. Removing images from the first is not enough: its build cache keeps their layers,
 * and a pull would then fetch nothing. Where no engine can be started, that has to do.
 */
async function emptyEngine(work: string): Promise<Daemon | undefined> {
  if (process.getuid?.() !== 0 || !which("dockerd")) {
    console.log("   (only root can start an empty engine; the build cache still has the layers)");
    return undefined;
  }
  const engine = await startDaemon({ dir: join(work, "engine"), name: "demo" });
  undo.push(() => engine.stop());
  console.log("   an empty second engine is up");
  return engine;
}
