/** Servers that are programs of others, on loopback ports. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { endProcess, isAlive, tail } from "../../scripts/shell.ts";

export interface Server {
  pid: number;
  /** `127.0.0.1:PORT` */
  address: string;
}

/**
 * Starts a program that takes a port by itself (port 0) and writes its address into its log. A port that was looked up
 * for it could be another test's before it takes it. Throws with the log when it does not listen within 30 s.
 *
 * @param dir the program's folder, and the log's
 * @param listens what the log says then, with the address as its group
 */
export async function startServer(
  [program, ...args]: readonly [string, ...string[]],
  dir: string,
  listens: RegExp,
  env: Record<string, string> = {},
): Promise<Server> {
  const log = join(dir, "server.log");
  const out = openSync(log, "w");
  const child = spawn(program, args, {
    cwd: dir,
    // Nothing else of our environment: variables can be settings, too.
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", out, out],
  });
  closeSync(out);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  // It must not keep a test process alive that forgot to stop it, nor outlive that process.
  child.unref();
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const deadline = performance.now() + 30_000;
  for (;;) {
    const said = await readFile(log, "utf8");
    const address = listens.exec(said)?.[1];
    if (address !== undefined) return { pid, address };
    if (!(await isAlive(pid)) || performance.now() > deadline) {
      await endProcess(pid);
      throw new Error(`${program} does not listen:\n${tail(said, 20)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
