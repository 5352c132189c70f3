/** One step's process, started, read and ended as the GitHub runner does it. */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { constants } from "node:os";
import { LineSplitter, type StepLog } from "./runner-log.ts";

export interface Process {
  pid: number;
  /** When the process has ended and its streams are read. */
  ended: Promise<{ exitCode: number; durationMs: number }>;
  /** Resolves with the signals that it took. */
  cancel(graceMs?: Grace): Promise<NodeJS.Signals[]>;
}

/** From SIGINT to SIGTERM, and from there to SIGKILL. */
export type Grace = readonly [number, number];

/** Starts `node <script>`; its output goes into the log, and to the console with AGENT_RUNNER_TEST_LOG=1. */
export function startProcess(
  script: string,
  env: Record<string, string>,
  cwd: string,
  log: StepLog,
): Process {
  const started = Date.now();
  // In a group of its own, so that Ctrl-C at the tests reaches the action only through its harness.
  const child = spawn(process.execPath, [script], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${process.execPath}`);
  const abandon = () => child.kill("SIGKILL");
  process.once("exit", abandon);
  const echo = process.env.AGENT_RUNNER_TEST_LOG === "1";
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineSplitter((line) => {
      log.line(line);
      if (echo) process.stdout.write(`  | ${line}\n`);
    });
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => lines.write(text));
    stream.on("end", () => lines.end());
  }
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => {
      process.off("exit", abandon);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = exited.then(async (exitCode) => {
    const durationMs = Date.now() - started;
    // A child that was left behind may hold the streams open; like the runner, don't wait for it forever.
    await Promise.race([closed, sleep(5_000)]);
    return { exitCode, durationMs };
  });
  return { pid, ended, cancel: (graceMs) => cancel(pid, exited, graceMs) };
}

/** The runner's way to cancel a step. The signals go to the process itself; only the last goes to its children. */
async function cancel(
  pid: number,
  exited: Promise<number>,
  graceMs: Grace = [7_500, 2_500],
): Promise<NodeJS.Signals[]> {
  const isOver = (ms: number) => Promise.race([exited.then(() => true), sleep(ms, false)]);
  if (!signal(pid, "SIGINT")) return [];
  if (await isOver(graceMs[0])) return ["SIGINT"];
  if (!signal(pid, "SIGTERM") || (await isOver(graceMs[1]))) return ["SIGINT", "SIGTERM"];
  for (const process of [...(await descendants(pid)).reverse(), pid]) signal(process, "SIGKILL");
  await exited;
  return ["SIGINT", "SIGTERM", "SIGKILL"];
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function sleep<T>(ms: number, value?: T): Promise<T | undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref());
}

/** Parents before children. */
async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const pid of await pids()) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // The name in parentheses may hold anything; what follows the last one is the state and the parent.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    const next = children.get(pid) ?? [];
    found.push(...next);
    queue.push(...next);
  }
  return found;
}

/**
 * Ends what a job left running, which the runner finds by a variable in its environment, and returns the command
 * lines. A process that is just ending gets 5 s: what may end at once takes long on a busy machine.
 */
export async function endOrphans(trackingId: string): Promise<string[]> {
  let found = await orphans(trackingId);
  for (let wait = 0; found.length > 0 && wait < 50; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await orphans(trackingId);
  }
  for (const { pid } of found) signal(pid, "SIGKILL");
  return found.map(({ command }) => command);
}

async function orphans(trackingId: string): Promise<Array<{ pid: number; command: string }>> {
  const found: Array<{ pid: number; command: string }> = [];
  for (const pid of await pids()) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    found.push({ pid, command: command.split("\0").join(" ").trim() });
  }
  return found;
}

async function pids(): Promise<number[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}
