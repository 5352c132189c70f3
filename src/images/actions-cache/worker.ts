import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { lastLine } from "../../log/text.ts";
import { folderBytes } from "./folder-bytes.ts";
import type { Message, Outcome, Request } from "./protocol.ts";

/** Entries of the Actions cache, one file each. Nothing here throws: an {@link Outcome} tells all. */
export interface CacheEntries {
  /** Brings the file of the newest entry whose key begins with `key` into the folder. */
  restore(file: string, key: string): Promise<Outcome>;
  /** The same for an entry so small that it is a question rather than a download. */
  fetch(file: string, key: string): Promise<Outcome>;
  /** Whether there is such an entry. */
  lookup(file: string, key: string): Promise<Outcome>;
  /** Saves a file of the folder. */
  save(file: string, key: string): Promise<Outcome>;
  /** Breaks off what is under way; the process ends with it, and another is started at the next question. */
  close(): void;
}

export interface WorkerOptions {
  /** The worker's working folder; files are named relative to it. It exists and has no link in its path. */
  readonly folder: string;
  /** The step's own environment; the worker gets what it needs of it. */
  readonly environment: NodeJS.ProcessEnv;
  /** Without any byte moving for so long, the worker is ended and the cache is broken. */
  readonly stallMs: number;
  /** The same for a question that moves next to nothing. */
  readonly lookupMs: number;
  /** The step was cancelled. */
  readonly signal: AbortSignal;
  /** The worker's program, if it is not the one beside this. */
  readonly entry?: string;
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

/** A task may take hours, and the worker has nothing to do meanwhile; another is started in half a second. */
const idleMs = 60_000;

/** For Node and the SDK to start, on a runner that does other things, too. */
const startMs = 20_000;
/** For its last words to arrive; what it started may hold its output open for longer. */
const lastWordsMs = 500;

interface Pending {
  readonly request: Request;
  readonly finish: (outcome: Outcome) => void;
  readonly patienceMs: number;
}

/** A worker that is started at a question, and ended by {@link CacheEntries.close} or after some time without any. */
export function cacheWorker(options: WorkerOptions): CacheEntries {
  const pending = new Map<number, Pending>();
  let child: ChildProcess | undefined;
  let ready = false;
  let stopped: string | undefined;
  let watch: NodeJS.Timeout | undefined;
  let retirement: NodeJS.Timeout | undefined;
  let lastId = 0;
  let lastMove = performance.now();
  let bytes = 0;
  let said = "";

  const stop = (why: string) => {
    stopped ??= why;
    endGroup(child);
    for (const { finish } of [...pending.values()]) {
      finish({ outcome: "broken", why, service: true });
    }
  };

  const retire = () => {
    const worker = child;
    child = undefined;
    ready = false;
    endGroup(worker);
  };

  const start = () => {
    const worker = fork(options.entry ?? workerEntry(), {
      cwd: options.folder,
      env: workerEnvironment(options.environment, options.folder),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      detached: true, // a process group of its own: its tar and zstd end with it
      execArgv: frugal.flags,
    });
    child = worker;
    const end = () => endGroup(worker);
    process.once("exit", end);
    worker.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-4096);
    });
    worker.on("message", (message: Message) => {
      if (child === worker) {
        take(message); // one that was ended may have said something before
      }
    });
    worker.on("error", (error) => stop(`its worker failed: ${error.message}`));
    const heard = new Promise((resolve) => worker.once("close", resolve));
    worker.on("exit", async () => {
      process.off("exit", end);
      if (child === worker) {
        child = undefined;
        ready = false;
        if (pending.size > 0) {
          await Promise.race([heard, pause(lastWordsMs)]);
          stop(`its worker ended: ${lastLine(said)}`);
        }
      }
    });
    rest(worker);
  };

  const take = (message: Message) => {
    lastMove = performance.now();
    if ("ready" in message) {
      ready = true;
      for (const { request } of pending.values()) {
        child?.send(request);
      }
    } else if ("done" in message) {
      pending.get(message.id)?.finish(message.done);
    }
  };

  /** Between questions nothing of the worker may keep this process alive. */
  const rest = (worker: ChildProcess) => {
    const idle = pending.size === 0;
    const handles = [worker, worker.channel, worker.stderr] as unknown as (
      | NodeJS.RefCounted
      | null
      | undefined
    )[];
    for (const handle of handles) {
      idle ? handle?.unref() : handle?.ref();
    }
    clearTimeout(retirement);
    if (idle) {
      clearInterval(watch);
      watch = undefined;
      retirement = setTimeout(retire, idleMs).unref();
    }
  };

  const look = async () => {
    const now = await folderBytes(options.folder);
    if (now !== bytes) {
      bytes = now;
      lastMove = performance.now();
    }
    const still = performance.now() - lastMove;
    const [slowest] = [...pending.values()].sort((one, other) => other.patienceMs - one.patienceMs);
    if (!ready && still > startMs) {
      stop(`its worker had not started after ${startMs / 1000} s`);
    } else if (ready && slowest !== undefined && still > slowest.patienceMs) {
      stop(standstill(slowest));
    }
  };

  const ask = (op: Request["op"], file: string, key: string, patienceMs: number) =>
    new Promise<Outcome>((resolve) => {
      if (options.signal.aborted) {
        stop("the step was cancelled");
      }
      if (stopped !== undefined) {
        resolve({ outcome: "broken", why: stopped, service: true });
        return;
      }
      lastId += 1;
      const request = { id: lastId, op, file, key };
      const finish = (outcome: Outcome) => {
        pending.delete(request.id);
        if (child !== undefined) {
          rest(child);
        }
        resolve(outcome);
      };
      pending.set(request.id, { request, finish, patienceMs });
      if (child === undefined) {
        start();
      } else if (ready) {
        child.send(request);
      }
      if (child !== undefined) {
        rest(child);
      }
      if (watch === undefined) {
        lastMove = performance.now();
        watch = setInterval(() => void look(), Math.min(1000, options.lookupMs / 4));
      }
    });

  options.signal.addEventListener("abort", () => stop("the step was cancelled"), { once: true });

  return {
    restore: (file, key) => ask("restore", file, key, options.stallMs),
    fetch: (file, key) => ask("restore", file, key, options.lookupMs),
    lookup: (file, key) => ask("lookup", file, key, options.lookupMs),
    save: (file, key) => ask("save", file, key, options.stallMs),
    close() {
      clearTimeout(retirement);
      clearInterval(watch);
      watch = undefined;
      retire();
      for (const { finish } of [...pending.values()]) {
        finish({ outcome: "broken", why: "it was broken off", service: false });
      }
    },
  };
}

const work: Record<Request["op"], string> = {
  restore: "download of",
  lookup: "search for",
  save: "upload of",
};

function standstill({ request, patienceMs }: Pending): string {
  const { op, key } = request;
  const entry = key.length > 50 ? `${key.slice(0, 50)}…` : key;
  return `nothing moved for ${Math.round(patienceMs / 1000)} s in the ${work[op]} ${entry}, so the cache is given up for this run`;
}

/** Ends the worker and what it has started. */
function endGroup(worker: ChildProcess | undefined): void {
  if (worker?.pid === undefined || worker.exitCode !== null || worker.signalCode !== null) {
    return;
  }
  try {
    process.kill(-worker.pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

/** The bundle has its worker beside it; from the sources it is two folders up. */
function workerEntry(): string {
  const here = fileURLToPath(import.meta.url);
  const bundled = join(dirname(here), "cache-worker", "index.js");
  const source = join(dirname(here), "..", "..", `cache-worker${extname(here)}`);
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
