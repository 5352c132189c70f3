import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { getExecOutput } from "@actions/exec";
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
  name: string,
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
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Answer> {
  const program = await fileOf(name, env.PATH ?? "");
  const { exitCode, stdout, stderr } = await getExecOutput(program, [...args], {
    env: env as Record<string, string>,
    silent: true,
    ignoreReturnCode: true,
  });
  return { code: exitCode, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() };
}

/** Looked up here: `@actions/exec` prints a line for each folder of the PATH that this user may not look into. */
async function fileOf(name: string, path: string): Promise<string> {
  for (const folder of path.split(delimiter)) {
    const program = join(folder, name);
    const isThere = access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== "" && (await isThere)) {
      return program;
    }
  }
  throw new NoDocker();
}
