/** Runs the built action once, as a runner does, and measures from outside what it did. */
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DockerLog, dockerLog } from "../tests/harness/docker-log.ts";
import type { Registry } from "../tests/harness/registry.ts";
import { type RunningAction, type StepResult, startAction } from "../tests/harness/runner.ts";
import { tail } from "./shell.ts";

export interface Way {
  /** Below `results`. */
  folder: string;
  title: string;
  what: string;
  inputs: Record<string, string>;
  /** The store that has to have the env image; without it, nothing is looked for or found. */
  hit?: "local" | "registry";
  /** The engine's images are removed before. */
  emptied?: boolean;
}

/** What all ways have in common. */
export interface Stage {
  /** The demo's own folder, gone at its end. */
  work: string;
  workspace: string;
  /** Stays. */
  results: string;
  registry: Registry;
  /** What each way has called, for taking away the images it made. */
  calls: DockerLog[];
  /** The engine to use, if not the default one. */
  host: string | undefined;
  stopped: AbortSignal;
}

export interface Done {
  way: Way;
  /** From the `layers` output. */
  layers: { name: string; source: string; pushed: boolean }[];
  /** From the start of the step until the task's first command. */
  reachedMs: number;
  /** The whole step, post included. */
  stepMs: number;
  /** Restoring the env image: asking for it and, from a registry, the pull. */
  restoreMs: number | undefined;
  /** Compressed bytes that the engine fetched from the registry. */
  fetchedBytes: number;
  /** The arguments of every docker command of the step. */
  calls: string[];
  /** What the step and its engine asked the registry, `METHOD path`. */
  requests: string[];
  /** Files in the step's artifacts. */
  pictures: string[];
}

/** Runs the step and says on the console what happens. Throws with the end of its log when it fails. */
export async function runWay(way: Way, stage: Stage): Promise<Done> {
  const { registry } = stage;
  const calls = await dockerLog();
  stage.calls.push(calls);
  registry.requests.length = 0;
  const started = Date.now();
  const action = await startAction({
    inputs: way.inputs,
    workspace: stage.workspace,
    env: {
      ...calls.env,
      ...(stage.host === undefined ? {} : { DOCKER_HOST: stage.host }),
    },
  });
  const cancel = () => void action.cancel();
  stage.stopped.addEventListener("abort", cancel);
  const stopShowing = show(action, started);
  const step = await action.finish();
  stopShowing();
  stage.stopped.removeEventListener("abort", cancel);
  stage.stopped.throwIfAborted();
  const folder = join(stage.results, way.folder);
  await keep(step, folder);
  if (step.exitCode !== 0 || step.post?.exitCode !== 0) {
    throw new Error(
      `${way.title}: the step ended with exit code ${step.exitCode}. The end of ${folder}/log.txt:\n\n${tail(step.log, 30)}`,
    );
  }
  const artifacts = await readdir(join(folder, "artifacts"));
  const reached = Number(await readFile(join(folder, "artifacts", "reached"), "utf8")) / 1e6;
  const spans = JSON.parse(step.outputs.timings ?? "[]") as Span[];
  const restore = spans.find(({ name }) => name === "restore env");
  const requests = registry.requests.map(({ method, path }) => `${method} ${path}`);
  const done: Done = {
    way,
    layers: JSON.parse(step.outputs.layers ?? "[]") as Done["layers"],
    reachedMs: reached - started,
    stepMs: step.durationMs + step.post.durationMs,
    restoreMs: restore && restore.end - restore.start,
    fetchedBytes: await sizeOf(requests, registry),
    calls: (await calls.commands()).map((argv) => argv.join(" ")),
    requests,
    pictures: artifacts.filter((name) => name.endsWith(".png")),
  };
  console.log(`   the task was reached after ${(done.reachedMs / 1000).toFixed(1)} s`);
  return done;
}

interface Span {
  name: string;
  start: number;
  end: number;
}

async function keep(step: StepResult, folder: string): Promise<void> {
  await mkdir(join(folder, "artifacts"), { recursive: true });
  await writeFile(join(folder, "summary.md"), step.summary);
  await writeFile(join(folder, "log.txt"), step.log + (step.post?.log ?? ""));
  await writeFile(join(folder, "outputs.json"), `${JSON.stringify(step.outputs, null, 2)}\n`);
  const artifacts = step.outputs["artifacts-path"];
  if (artifacts) await cp(artifacts, join(folder, "artifacts"), { recursive: true });
}

/** Adds up the blobs that were downloaded. A configuration is among them, a few kilobytes. */
async function sizeOf(requests: readonly string[], registry: Registry): Promise<number> {
  const blobs = requests.filter((request) => /^GET \S+\/blobs\/sha256:/.test(request));
  const sizes = [...new Set(blobs)].map(async (request) => {
    const answer = await fetch(`http://${registry.direct}${request.slice(4)}`, { method: "HEAD" });
    return Number(answer.headers.get("content-length"));
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The action's own lines as they come, and a sign of life every 15 s while something long runs. */
function show(action: RunningAction, started: number): () => void {
  let shown = 0;
  let next = 15;
  const look = () => {
    const lines = action.output().split("\n").slice(0, -1);
    for (const line of lines.slice(shown)) {
      if (/^(layer \w+: |image: |::(warning|error|notice))/.test(line)) say(`| ${line}`);
    }
    shown = lines.length;
    const seconds = Math.floor((Date.now() - started) / 1000);
    if (seconds < next) return;
    next += 15;
    const last = lines.findLast((line) => line.trim() !== "" && !line.startsWith("::"));
    say(`  ${seconds} s … ${last ?? ""}`);
  };
  const timer = setInterval(look, 250);
  return () => {
    clearInterval(timer);
    look();
  };
}

/** One line without the long middle of keys and digests; `log.txt` has them. */
function say(line: string): void {
  const short = line
    .replaceAll(/(-[0-9a-f]{16})+/g, "-…")
    .replaceAll(/(sha256:[0-9a-f]{8})[0-9a-f]+/g, "$1…");
  console.log(`   ${short.length > 130 ? `${short.slice(0, 129)}…` : short}`);
}
