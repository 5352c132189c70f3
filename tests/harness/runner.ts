/**
 * Plays the GitHub runner for the built action: its environment, its files, its log, its way to cancel, and the post
 * step. What the action does with the engine is real.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type ActionFile,
  type Event,
  inputVariables,
  jobFolder,
  jobVariables,
  readAction,
  TOKEN,
} from "./runner-env.ts";
import { createFiles, readFiles } from "./runner-files.ts";
import { type Annotation, StepLog } from "./runner-log.ts";
import { endOrphans, type Grace, type Process, startProcess } from "./runner-process.ts";

export type { Annotation, Event };

export interface ActionOptions {
  /** By their names in action.yml. */
  inputs: Record<string, string>;
  /** Further variables of the step, as `env:` in a workflow; an empty string is passed as such. */
  env?: Record<string, string>;
  /** An empty folder unless given. */
  workspace?: string;
  /** A push to `main` unless given. */
  event?: Event;
  /** The entry, for main and post, instead of the one in action.yml. */
  dist?: string;
}

export interface PostResult {
  exitCode: number;
  stdout: string;
  /** The log as a reader sees it, masked. */
  log: string;
  summary: string;
  annotations: Annotation[];
  durationMs: number;
}

export interface StepResult {
  /** 128 and the signal's number for a process that was ended by one. */
  exitCode: number;
  /** Both streams as they were printed, secrets included. */
  stdout: string;
  /** The log as a reader sees it, masked. */
  log: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  /** What the step wanted to set for later steps. */
  env: Record<string, string>;
  paths: string[];
  /** Markdown. */
  summary: string;
  /** The job's token is always the first. */
  masks: string[];
  annotations: Annotation[];
  /** Workflow commands that were obeyed, in order. */
  commands: string[];
  /** Absent when the action has no post step. */
  post?: PostResult;
  durationMs: number;
  workspace: string;
  /** RUNNER_TEMP. It and a workspace that was not given go when the test process has ended. */
  temp: string;
  /** Command lines of processes that main or post left running; they have been ended. */
  orphans: string[];
}

export interface RunningAction {
  pid: number;
  workspace: string;
  temp: string;
  /** What main has printed so far. */
  output(): string;
  /** Waits until main's output matches. Throws, with the output, when it ends first or the time is over. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /**
   * Cancels as the runner does: SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL to the whole process tree.
   * Resolves when the process has ended, with the signals that were sent: who needs more than the
   * first is in danger of leaving things behind.
   *
   * @param graceMs other waiting times than the runner's
   */
  cancel(graceMs?: Grace): Promise<NodeJS.Signals[]>;
  /** SIGKILL to the main process alone, as the kernel does when memory runs out. */
  kill(): void;
  /** Waits for the end of main, runs post, and says how it all went. */
  finish(): Promise<StepResult>;
}

const ROOT = resolve(import.meta.dirname, "..", "..");

/** Runs the action from start to end, post included. */
export async function runAction(options: ActionOptions): Promise<StepResult> {
  return (await startAction(options)).finish();
}

/** Starts the action's main step and returns while it runs. */
export async function startAction(options: ActionOptions): Promise<RunningAction> {
  const action = await readAction(ROOT);
  const dir = await jobFolder();
  const workspace = options.workspace ?? join(dir, "demo", "demo");
  await mkdir(workspace, { recursive: true });
  const event = options.event ?? { name: "push", payload: { ref: "refs/heads/main" } };
  const job = await jobVariables(dir, workspace, event);
  const env = { ...job, ...options.env, ...inputVariables(action.inputs, options.inputs) };
  const temp = job.RUNNER_TEMP as string;
  const files = await createFiles(temp, "main");
  // GitHub masks the job's token before any step runs.
  const log = new StepLog([TOKEN]);
  const main = startProcess(entry(action.main, options.dist), { ...env, ...files }, workspace, log);
  return {
    pid: main.pid,
    workspace,
    temp,
    output: () => log.raw,
    waitFor: (pattern, timeoutMs = 60_000) => waitFor(main, log, pattern, timeoutMs),
    cancel: main.cancel,
    kill: () => process.kill(main.pid, "SIGKILL"),
    finish: async () => {
      const { exitCode, durationMs } = await main.ended;
      const said = await readFiles(files);
      const state = { ...log.state, ...said.state };
      const post = await runPost(action, options, { ...env, ...said.env }, state, log.masks);
      return {
        ...said,
        exitCode,
        durationMs,
        state,
        outputs: { ...log.outputs, ...said.outputs },
        stdout: log.raw,
        log: log.visible,
        masks: log.masks,
        annotations: log.annotations,
        commands: log.commands,
        ...(post ? { post } : {}),
        workspace,
        temp,
        orphans: await endOrphans(job.RUNNER_TRACKING_ID as string),
      };
    },
  };
}

/** The post step: always, whatever became of main, with main's state and in the same environment. */
async function runPost(
  action: ActionFile,
  options: ActionOptions,
  env: Record<string, string>,
  state: Record<string, string>,
  masks: string[],
): Promise<PostResult | undefined> {
  if (!action.post) return undefined;
  const files = await createFiles(env.RUNNER_TEMP as string, "post");
  const variables = { ...env, ...files };
  for (const [name, value] of Object.entries(state)) variables[`STATE_${name}`] = value;
  const log = new StepLog(masks);
  const workspace = env.GITHUB_WORKSPACE as string;
  const post = startProcess(entry(action.post, options.dist), variables, workspace, log);
  const { exitCode, durationMs } = await post.ended;
  const { summary } = await readFiles(files);
  const { raw: stdout, visible, annotations } = log;
  return { exitCode, stdout, log: visible, summary, annotations, durationMs };
}

function entry(declared: string, override: string | undefined): string {
  return override === undefined ? join(ROOT, declared) : resolve(override);
}

async function waitFor(
  main: Process,
  log: StepLog,
  pattern: RegExp,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let ended = false;
  main.ended.then(() => (ended = true));
  while (!pattern.test(log.raw)) {
    if (ended || Date.now() > deadline) {
      const what = ended ? "the action ended" : `${timeoutMs} ms passed`;
      throw new Error(`${what} without ${pattern} in its output:\n${log.raw}`);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}
