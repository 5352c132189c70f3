/** Runs the action on the real engine and reads what it said of itself. */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { afterAll } from "vitest";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import {
  type ActionOptions,
  type RunningAction,
  runAction,
  type StepResult,
} from "../../harness/runner.ts";
import { removeLayers } from "./images.ts";

/** One entry of the `layers` output. */
export interface LayerEntry {
  name: string;
  key: string;
  reference: string;
  digest: string;
  source: string;
  why: string;
  ms: number;
  pushed: boolean;
  saved: boolean;
  components: { name: string; sha256: string; text?: string }[];
}

export interface Ran extends StepResult {
  layers: LayerEntry[];
  /** Everything the container printed; empty when there was none. */
  transcript: string;
}

type Inputs = Record<string, string>;

/**
 * Runs the action from start to end. The base image is the tests' own and nobody is asked for it, unless the inputs
 * say otherwise.
 */
export async function act(inputs: Inputs, options: Partial<ActionOptions> = {}): Promise<Ran> {
  return ran(await runAction({ ...options, inputs: withBase(inputs) }));
}

export function withBase(inputs: Inputs): Inputs {
  return { "base-image": BASE_IMAGE, pull: "never", ...inputs };
}

export async function ran(result: StepResult): Promise<Ran> {
  const layers = JSON.parse(result.outputs.layers || "[]") as LayerEntry[];
  for (const { key } of layers) keys.add(key);
  const transcript = result.outputs["transcript-path"];
  return {
    ...result,
    layers,
    transcript: transcript ? await readFile(transcript, "utf8") : "",
  };
}

/** A `cache-version` that no other test has: what is made with it is this test's own. */
export function salt(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}

/** What a layer says of itself in the `layers` output. */
export function layer(result: Ran, name: string): LayerEntry {
  const found = result.layers.find((entry) => entry.name === name);
  if (!found) throw new Error(`no layer ${name} in ${result.outputs.layers}\n${result.stdout}`);
  return found;
}

/** What the command printed, where it begins its lines with `task: `; scripts and the desktop print, too. */
export function printed({ transcript }: Ran): string[] {
  return transcript.split("\n").filter((line) => line.startsWith("task: "));
}

/** What the container's own programs printed: without the lines by which the action tells what it is doing. */
export function spoken({ transcript }: Ran): string[] {
  return transcript.split("\n").filter((line) => !/^(?:Agent Runner: |desktop: |$)/.test(line));
}

/** As the runner scrubs what it shows outside of the log, the job summary for one. */
export function masked(text: string, { masks }: StepResult): string {
  return masks.reduce((result, mask) => result.replaceAll(mask, "***"), text);
}

/** Warnings, but for the one that the desktop did not start: what tests install as one is only a file. */
export function warnings(result: StepResult): string[] {
  return messages(result, "warning").filter(
    (text) => !text.startsWith("the desktop did not start"),
  );
}

/** The messages of one level, in order. */
export function messages(result: StepResult, level: "error" | "warning" | "notice"): string[] {
  return result.annotations.filter((one) => one.level === level).map(({ message }) => message);
}

const keys = new Set<string>();
const kept = new Set<string>();

/** Layers that other files start from, too: they stay when this file's go. */
export function keepLayers(shared: Iterable<string>): void {
  for (const key of shared) kept.add(key);
}

// What a file's tests have put into the engine goes with it. An env image goes before the desktop it stands on.
afterAll(async () => {
  const all = [...keys].filter((key) => !kept.has(key));
  await removeLayers([...all.filter((key) => key.startsWith("desktop-")), ...all]);
  keys.clear();
});

/** The number of a run that is under way: its folder has it in its name. */
export async function runIdOf({ temp }: RunningAction): Promise<string> {
  const [runId] = /(?<=agent-runner-)[0-9a-f]{16}/.exec((await readdir(temp)).join()) ?? [];
  if (runId === undefined) throw new Error(`no run has a folder in ${temp}`);
  return runId;
}
