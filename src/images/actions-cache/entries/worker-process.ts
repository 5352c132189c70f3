import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Message, Request } from "./protocol.ts";

/** The process that has `@actions/cache` in it. */
export interface WorkerProcess {
  send(request: Request): void;
  /** Whether it keeps this process alive: not while nothing is asked of it. */
  hold(busy: boolean): void;
  /** Ends it and what it has started. Nothing is heard of it any more. */
  end(): void;
}

export interface ProcessOptions {
  /** The worker's working folder; files are named relative to it. It exists and has no link in its path. */
  readonly folder: string;
  /** The step's own environment; the worker gets what it needs of it. */
  readonly environment: NodeJS.ProcessEnv;
  /** The worker's program, if it is not the one beside this. */
  readonly entry?: string;
}

export interface Listener {
  message(message: Message): void;
  /** It could not be started or written to. */
  failed(error: Error): void;
  /** It has ended by itself; its last words may still be on their way. */
  ended(lastWords: Promise<string>): void;
}

/** What `@actions/cache`, tar and TLS need to know; above all, none of the step's own secrets. */
const passedOn =
  /^(?:ACTIONS_(?:CACHE_\w+|RESULTS_URL|RUNTIME_TOKEN|ORCHESTRATION_ID)|GITHUB_SERVER_URL|RUNNER_TRACKING_ID|PATH|HOME|LANG|LC_ALL|TZ|SYSTEM(?:DRIVE|ROOT)|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|SEGMENT_DOWNLOAD_TIMEOUT_MINS)$/i;

/**
 * What streams past is garbage at once, and Node lets it pile up: with these the worker has 152 MB at
 * its peak while 2 GB pass, instead of 185 to 235 (measured), and takes no longer.
 */
const frugal = {
  flags: ["--max-semi-space-size=1"], // in MB: young garbage is collected sooner
  environment: { MALLOC_ARENA_MAX: "2" }, // glibc keeps what is freed, for each of its arenas
};

/** For its last words to arrive; what it started may hold its output open for longer. */
const lastWordsMs = 500;

export function startWorker(options: ProcessOptions, listener: Listener): WorkerProcess {
  const child = fork(options.entry ?? workerEntry(), {
    cwd: options.folder,
    env: workerEnvironment(options.environment, options.folder),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true, // a process group of its own: its tar and zstd end with it
    execArgv: frugal.flags,
  });
  let heard = true;
  let said = "";
  const endWithUs = () => endGroup(child);
  process.once("exit", endWithUs);
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-4096);
  });
  child.on("message", (message: Message) => heard && listener.message(message));
  child.on("error", (error) => heard && listener.failed(error));
  const closed = new Promise((resolve) => child.once("close", resolve));
  child.on("exit", () => {
    process.off("exit", endWithUs);
    if (heard) {
      listener.ended(Promise.race([closed, pause(lastWordsMs)]).then(() => said));
    }
  });
  return {
    send: (request) => void child.send(request),
    hold(busy) {
      const handles = [child, child.channel, child.stderr] as unknown as (
        | NodeJS.RefCounted
        | null
        | undefined
      )[];
      for (const handle of handles) {
        busy ? handle?.ref() : handle?.unref();
      }
    },
    end() {
      heard = false;
      endGroup(child);
    },
  };
}

/** Ends the worker and what it has started. */
function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) {
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

/** The bundle has its worker beside it; in the sources it is at their top. */
function workerEntry(): string {
  const here = fileURLToPath(import.meta.url);
  const bundled = join(dirname(here), "cache-worker", "index.js");
  const source = join(dirname(here), "..", "..", "..", `cache-worker${extname(here)}`);
  return existsSync(bundled) ? bundled : source;
}

/** What the worker gets of the step's environment. Pure. */
export function workerEnvironment(
  environment: NodeJS.ProcessEnv,
  folder: string,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => passedOn.test(name));
  return {
    ...Object.fromEntries(kept),
    ...frugal.environment,
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
  };
}
