import { type ChildProcess, spawn } from "node:child_process";
import { lastLine } from "../log/text.ts";

/** git did not do what it was asked for; the message has its last words. */
export class GitTrouble extends Error {
  /** The end of what it wrote on standard error. */
  readonly said: string;

  constructor(message: string, said = "") {
    super(message);
    this.said = said;
  }
}

export interface RunOptions {
  /** What it reads, piece by piece. */
  readonly input?: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Takes what it writes. Throwing ends it. */
  readonly take?: (chunk: Buffer) => Promise<void> | void;
  readonly signal?: AbortSignal | undefined;
}

/** Where git runs, and all that it sees of the environment. */
export interface GitPlace {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Long enough for every repository, short enough for a job. */
const limitMs = 10 * 60_000;

/**
 * What keeps git from reading anybody's settings, asking anybody anything, and taking other objects than it is given.
 *
 * @param home a folder of our own, in place of the user's
 */
export function noSettings(home: string): NodeJS.ProcessEnv {
  return {
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
    HOME: home,
    XDG_CONFIG_HOME: home,
    LC_ALL: "C",
  };
}

/**
 * Runs git to its end. What it starts itself ends with it when the time is over or the signal comes.
 *
 * @throws GitTrouble, the signal's reason, or what `take` threw
 */
export async function runGit(
  args: readonly string[],
  { folder, env }: GitPlace,
  { input, take, signal }: RunOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  // detached: a process group of its own, so that its helpers end with it
  const child = spawn("git", [...args], { cwd: folder, env, stdio: "pipe", detached: true });
  let late = false;
  let closed = false;
  const end = () => closed || endGroup(child);
  const timer = setTimeout(() => {
    late = true;
    end();
  }, limitMs);
  signal?.addEventListener("abort", end, { once: true });
  process.once("exit", end);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  child.stdin.on("error", () => {}); // it may end without reading all: its exit code tells
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      closed = true;
      resolve(code);
    });
  });
  const feed = async () => {
    for await (const chunk of input ?? []) {
      if (child.stdin.destroyed) {
        return;
      }
      if (!child.stdin.write(chunk)) {
        await new Promise((resolve) => {
          child.stdin.once("drain", resolve).once("close", resolve);
        });
      }
    }
    child.stdin.end();
  };
  const read = async () => {
    for await (const chunk of child.stdout) {
      await take?.(chunk as Buffer);
    }
  };
  try {
    const [code] = await Promise.all([ended, feed(), read()]);
    signal?.throwIfAborted();
    if (late) {
      throw new GitTrouble(`git ${args[0]} took longer than ${limitMs / 60_000} minutes`);
    }
    if (code !== 0) {
      throw new GitTrouble(`git ${args[0]}: ${lastLine(said)}`, said);
    }
  } catch (error) {
    end();
    await ended.catch(() => {});
    throw (error as NodeJS.ErrnoException).code === "ENOENT"
      ? new GitTrouble("there is no `git` on this machine's PATH")
      : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    process.off("exit", end);
  }
}

/** Also where git itself is gone: a helper of its may hold its output open. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, "SIGKILL");
    }
  } catch {
    // it has ended by itself
  }
}
