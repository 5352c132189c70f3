import { setTimeout as pause } from "node:timers/promises";
import { getExecOutput } from "@actions/exec";
import { findProgram, type Program } from "./program.ts";
import { NoDocker } from "./trouble.ts";
import { tookTooLong } from "./words.ts";

/** The answer of a short docker command. Both streams as text, without the last line end. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const minute = 60_000;
/** What an engine that is well answers at once, even one that is being restarted. */
const atOnce: ReadonlySet<string | undefined> = new Set(["version", "info", "context", "buildx"]);
/** These last as long as what is run. */
const runs: ReadonlySet<string | undefined> = new Set(["run", "exec"]);

/**
 * How long a short command may take, in milliseconds: an engine that hangs must not hang the step for ever. The others
 * have work for a disk: a container's files are copied when it is made, where the storage driver is `vfs`. Pure.
 */
export function askLimitMs([verb]: readonly string[]): number {
  return (runs.has(verb) ? 60 : atOnce.has(verb) ? 1 : 10) * minute;
}

/**
 * Runs a command of docker or podman to its end, or to its limit: then that is its answer, and what hangs is left to end with the step.
 *
 * @throws NoDocker
 */
export async function ask(
  name: Program["name"],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<Answer> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      answerOf(name, args, env),
      pause(limitMs, { code: 124, stdout: "", stderr: tookTooLong(limitMs) }, answered),
    ]);
  } finally {
    answered.abort();
  }
}

async function answerOf(
  name: Program["name"],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Answer> {
  // looked up here: `@actions/exec` prints a line for each folder of the PATH that this user may not look into
  const program = findProgram(name, env.PATH);
  if (program === undefined) {
    throw new NoDocker();
  }
  const { exitCode, stdout, stderr } = await getExecOutput(program, [...args], {
    env: env as Record<string, string>,
    silent: true,
    ignoreReturnCode: true,
  });
  return { code: exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}
