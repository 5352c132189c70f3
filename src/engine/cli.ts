import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { type Answer, ask, askLimitMs } from "./ask.ts";
import { cliEnvironment } from "./environment.ts";
import { docker, type Program, programOn } from "./program.ts";
import { strayBelow } from "./steps.ts";
import { NoDocker } from "./trouble.ts";

export type { Answer };

/** How a long docker command ended; `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A docker command that may have to be ended. */
export interface Running {
  readonly done: Promise<Ended>;
  /** TERM to the whole process group, KILL after `graceMs`; resolves when it has ended. */
  end(graceMs: number): Promise<Ended>;
}

export interface LongOptions {
  /** Takes both streams, unless `stdout` takes the first of them. */
  readonly output?: Writable;
  readonly stdout?: Writable;
  readonly input?: Readable;
  /** Added to the environment of this command alone: values that may not stand in argv. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The docker CLI, or podman's, which has the same words. Argv arrays only: nothing here ever passes through a shell. */
export interface Docker {
  /** Which one it is, where it is not docker's own. */
  readonly program?: Program;
  /** Fires when the step is cancelled: it ends every command that has a limit, but those that clean up. */
  readonly cancelled: AbortSignal | undefined;
  /** Runs a short command to its end, at the latest to {@link askLimitMs}. A non-zero exit is an answer, not an error. */
  ask(...args: string[]): Promise<Answer>;
  /** Starts a command that takes long, has streams, or may have to be ended. */
  start(args: readonly string[], options?: LongOptions): Running;
}

/**
 * @param environment the step's own; the CLI sees of it how the engine is reached: `DOCKER_HOST`, `DOCKER_CONFIG`, `PATH`, …
 * @param cancelled fires when the step is cancelled
 * @param onCommand told the argv of every command before it starts; for counting and debug logs
 */
export function dockerCli(
  environment: NodeJS.ProcessEnv,
  onCommand: (args: readonly string[]) => void = () => {},
  cancelled?: AbortSignal,
): Docker {
  const env = cliEnvironment(environment);
  const program = programOn(env.PATH);
  return {
    ...(program !== docker && { program }),
    cancelled,
    ask(...args) {
      onCommand(args);
      return ask(program.name, args, env, askLimitMs(args));
    },
    start(args, options = {}) {
      onCommand(args);
      return run(program, args, { ...env, ...options.env }, options);
    },
  };
}

function run(
  { name, leavesSteps }: Program,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: LongOptions,
): Running {
  // detached: a process group of its own, so that plugins (buildx) end with the CLI
  const child = spawn(name, args, {
    env,
    detached: true,
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  connect(child, options);
  const done = new Promise<Ended>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new NoDocker() : error),
    );
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  return {
    done,
    async end(graceMs) {
      // a build whose step has ended ends by itself, and tidies up
      const steps = leavesSteps && child.pid !== undefined ? strayBelow(child.pid) : [];
      if (steps.length > 0) {
        steps.forEach(killOne);
      } else {
        signalGroup(child, "SIGTERM");
      }
      const kill = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
      try {
        return await done;
      } finally {
        clearTimeout(kill);
      }
    },
  };
}

function connect(child: ChildProcess, { output, stdout, input }: LongOptions): void {
  const sinks: [Readable | null, Writable | undefined][] = [
    [child.stdout, stdout ?? output],
    [child.stderr, output],
  ];
  for (const [source, sink] of sinks) {
    if (sink === undefined) {
      source?.resume(); // an unread pipe would block the command
    } else {
      source?.pipe(sink, { end: false });
    }
  }
  if (input !== undefined && child.stdin !== null) {
    // the command may end without reading all of it: its exit code tells, not this pipe
    child.stdin.on("error", () => input.destroy());
    input.pipe(child.stdin);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // the group has ended by itself
  }
}
