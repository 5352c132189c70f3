/**
 * The container engine for the tests and the demo. Where one answers it is used as it is; on a bare Debian machine
 * one is installed and started. `npm run engine` brings it up and leaves it running.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { answers, launch } from "./engine-daemon.ts";
import { ensureInstalled } from "./engine-install.ts";
import { attempt, endProcess } from "./shell.ts";

export { type Daemon, type DaemonOptions, startDaemon } from "./engine-daemon.ts";

export interface Engine {
  /** The number of the dockerd that was started here; absent when an engine was running already. */
  pid?: number;
  /** Ends the dockerd that was started here, and only that. Its images stay for the next run. */
  stop(): Promise<void>;
}

const CACHE = join(import.meta.dirname, "..", ".cache");

/**
 * Makes sure that an engine with buildx answers at the default address.
 *
 * @param say takes a line of progress; nothing is said when the engine was up already
 * @throws Error with what to install where there is no engine and none can be had
 */
export async function ensureEngine(say: (line: string) => void = console.log): Promise<Engine> {
  if (await isUsable()) {
    await ensureInstalled("programs", say);
    return { stop: async () => {} };
  }
  const elsewhere = process.env.DOCKER_HOST;
  if (elsewhere) throw new Error(`no engine with buildx answers at DOCKER_HOST=${elsewhere}`);
  await ensureInstalled("engine", say);
  // Where there is systemd, the package has started the service.
  if (await isUsable()) return { stop: async () => {} };
  if (process.getuid?.() !== 0) {
    throw new Error(
      "Docker is installed but does not answer, and only root can start it: start dockerd",
    );
  }
  await mkdir(CACHE, { recursive: true });
  const log = join(CACHE, "dockerd.log");
  say(`Starting dockerd (log: ${log})`);
  try {
    const pid = await launch([], log);
    return { pid, stop: () => endProcess(pid) };
  } catch (error) {
    // Another process may have been faster; then ours found the other's pid file and gave up.
    if (await isUsable()) return { stop: async () => {} };
    throw error;
  }
}

async function isUsable(): Promise<boolean> {
  return (await answers()) && (await attempt("docker", ["buildx", "version"])).code === 0;
}

if (import.meta.main) {
  const engine = await ensureEngine();
  console.log(
    engine.pid === undefined
      ? "The engine was running already; it is used as it is."
      : `The engine is up, in the background. It stays until: kill ${engine.pid}`,
  );
}
