import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
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

/** What a command leaves running may hold its streams open; nobody waits for that longer than so. */
const streamsMs = 5_000;

/** Runs a docker command to its end, or to its limit: then that is its answer. @throws NoDocker */
export function ask(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const stdout = textOf(child.stdout);
    const stderr = textOf(child.stderr);
    let timer = setTimeout(() => {
      child.kill("SIGKILL");
      answer(124, tookTooLong(limitMs));
    }, limitMs);
    const answer = (code: number, said = stderr()) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code, stdout: stdout().trimEnd(), stderr: said.trimEnd() });
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(error.code === "ENOENT" ? new NoDocker() : error);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      // one that a signal ended says nothing of its own
      const ended = () =>
        code === null ? answer(128, stderr() || `it was ended by ${signal}`) : answer(code);
      timer = setTimeout(ended, streamsMs);
      child.once("close", ended);
    });
  });
}

/** Takes all that a stream says; answers what there is of it. */
function textOf(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}
