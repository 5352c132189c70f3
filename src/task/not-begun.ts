import { withAdvice } from "../engine/advice.ts";
import type { ContainerState } from "../engine/containers.ts";
import { type Refusal, readRefusal } from "../engine/words.ts";
import { oneLine } from "../log/text.ts";
import type { Notes } from "./notes.ts";

/** How a shell, or what starts one, ends that cannot run what it is given. */
const notRun = [125, 126, 127];

/** What the engine's own first process says of itself in the container's output, where it does not come so far. */
const byOutput = ["init missing", "platform", "no program"];

/**
 * Why the start script never ran, or could not do its own work; undefined where it did, as far as anybody can tell.
 * The engine says it, or the words are all that the container wrote. Pure.
 */
export function whyNotBegun(state: ContainerState, notes: Notes, tail: string): string | undefined {
  const needs = notes.get("needs")?.toString("utf8");
  if (needs !== undefined && state.ExitCode !== 0 && !notes.has("started")) {
    return `the start script cannot do its work in this image: ${oneLine(needs, 300)}. A task needs bash 4.2 or newer, and mkdir, rm and cp, which may be busybox's; install them in the base image`;
  }
  if (notes.has("pid") || notes.has("started")) {
    return undefined;
  }
  const said = state.Error === "" ? tail : state.Error;
  const refusal = readRefusal(said);
  const known = state.Error !== "" || byOutput.includes(refusal.kind);
  return known || notRun.includes(state.ExitCode) ? inWords(state, said, refusal) : undefined;
}

/** Why a container that only waits is not up. Pure. @param tail all that it wrote */
export function whyNotUp(state: ContainerState, tail: string): string {
  const said = state.Error === "" ? tail : state.Error;
  const refusal = readRefusal(said);
  if (hasNoBash(state, said, refusal)) {
    return noBash;
  }
  return said.trim() === "" ? `exit code ${state.ExitCode}` : withAdvice(refusal);
}

/**
 * Why a container ended under those who were to work in it: what it was started with could not be run, though the
 * engine had started it already. Undefined where it still runs, or ended for another reason. Pure.
 */
export function whyGone(state: ContainerState, tail: string): string | undefined {
  const isGone = state.Status === "exited" && byOutput.includes(readRefusal(tail).kind);
  return isGone ? whyNotUp(state, tail) : undefined;
}

const noBash = "the image has no `bash`, which every task needs; install it in the base image";

/** Nothing at all is said where not even a shell was found, and where nothing speaks against that. */
function hasNoBash({ ExitCode: code }: ContainerState, said: string, refusal: Refusal): boolean {
  const nothing = code === 127 && said.trim() === "";
  return nothing || (refusal.kind === "no program" && /\bbash\b/.test(refusal.reason));
}

function inWords(state: ContainerState, said: string, refusal: Refusal): string {
  const { Error: error, ExitCode: code } = state;
  if (hasNoBash(state, said, refusal)) {
    return noBash;
  }
  if (said.includes("/run/agent-runner/start.sh")) {
    return `something covers /run/agent-runner in the container, where the start script is: ${refusal.reason}. Look at \`mounts\`, and at what the engine mounts by itself`;
  }
  if (error !== "" || byOutput.includes(refusal.kind)) {
    return `the container did not start: ${withAdvice(refusal)}`;
  }
  return `the container ended with exit code ${code} before its start script began: ${refusal.reason}`;
}
