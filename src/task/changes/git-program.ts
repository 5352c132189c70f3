import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastLine } from "../../log/text.ts";

/** git did not do what it was asked for; the message has its words. */
export class GitTrouble extends Error {}

export interface RunOptions {
  /** What it reads, piece by piece. */
  readonly input?: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Takes what it writes. Throwing ends it. */
  readonly take?: (chunk: Buffer) => Promise<void> | void;
  readonly signal?: AbortSignal | undefined;
}

/** git in a repository of our own, which has objects and nothing else: no working tree, hooks, configuration or links. */
export interface OwnRepository {
  /** @throws GitTrouble */
  run(args: readonly string[], options?: RunOptions): Promise<void>;
}

/** Long enough for every repository, short enough for a job. */
const limitMs = 10 * 60_000;

/**
 * Makes a repository that reads a checkout's objects. They are data: what is beside them, the checkout's configuration
 * above all, is not looked at, and neither is the machine's.
 *
 * @param folder a new folder
 * @param objects the checkout's objects; they are only read
 * @param environment what is not git's own is handed on: PATH above all
 */
export async function ownRepository(
  folder: string,
  objects: string,
  idBytes: 20 | 32,
  environment: NodeJS.ProcessEnv,
): Promise<OwnRepository> {
  const format =
    idBytes === 32
      ? "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
      : "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
  await mkdir(join(folder, "objects", "info"), { recursive: true });
  await mkdir(join(folder, "refs"));
  await writeFile(join(folder, "HEAD"), "ref: refs/heads/none\n");
  await writeFile(join(folder, "config"), format);
  await writeFile(
    join(folder, "objects", "info", "alternates"),
    `${quoted(Buffer.from(objects))}\n`,
  );
  const env = {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("GIT_"))),
    GIT_DIR: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    LC_ALL: "C",
  };
  return { run: (args, options = {}) => run(args, { folder, env }, options) };
}

async function run(
  args: readonly string[],
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
  { input, take, signal }: RunOptions,
): Promise<void> {
  const child = spawn("git", [...args], {
    cwd: folder,
    env,
    stdio: "pipe",
    signal,
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  child.stdin.on("error", () => {}); // it may end without reading all: its exit code tells
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
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
    if (code !== 0) {
      throw new GitTrouble(`git ${args[0]}: ${lastLine(said)}`);
    }
  } catch (error) {
    child.kill("SIGKILL");
    await ended.catch(() => {});
    throw (error as NodeJS.ErrnoException).code === "ENOENT"
      ? new GitTrouble("there is no `git` on this machine's PATH")
      : error;
  }
}

/** A path as git reads it in quotes, whatever its bytes are. */
export function quoted(path: Buffer): string {
  const text = [...path].map((byte) =>
    byte < 0x20 || byte >= 0x7f || byte === 0x22 || byte === 0x5c
      ? `\\${byte.toString(8).padStart(3, "0")}`
      : String.fromCharCode(byte),
  );
  return `"${text.join("")}"`;
}
