import { lastLine } from "../../../log/text.ts";
import type { CacheEntries } from "./cache-entries.ts";
import { folderBytes } from "./folder-bytes.ts";
import type { Message, Outcome, Request } from "./protocol.ts";
import { type ProcessOptions, startWorker, type WorkerProcess } from "./worker-process.ts";

export interface WorkerOptions extends ProcessOptions {
  /** Without any byte moving for so long, the worker is ended and the cache is broken. */
  readonly stallMs: number;
  /** The same for a question that moves next to nothing. */
  readonly lookupMs: number;
  /** The step was cancelled. */
  readonly signal: AbortSignal;
}

/** A task may take hours, and the worker has nothing to do meanwhile; another is started in half a second. */
const idleMs = 60_000;

/** For Node and the SDK to start, on a runner that does other things, too. */
const startMs = 20_000;

interface Pending {
  readonly request: Request;
  readonly finish: (outcome: Outcome) => void;
  readonly patienceMs: number;
}

/** A worker that is started at a question, and ended by {@link CacheEntries.close} or after some time without any. */
export function cacheWorker(options: WorkerOptions): CacheEntries {
  const pending = new Map<number, Pending>();
  let worker: WorkerProcess | undefined;
  let ready = false;
  let stopped: string | undefined;
  let watch: NodeJS.Timeout | undefined;
  let retirement: NodeJS.Timeout | undefined;
  let lastId = 0;
  let lastMove = performance.now();
  let bytes = 0;

  const retire = () => {
    worker?.end();
    worker = undefined;
    ready = false;
  };

  const finishAll = (outcome: Outcome) => {
    for (const { finish } of [...pending.values()]) {
      finish(outcome);
    }
  };

  const stop = (why: string) => {
    stopped ??= why;
    retire();
    finishAll({ outcome: "broken", why, service: true });
  };

  const take = (message: Message) => {
    lastMove = performance.now();
    if ("ready" in message) {
      ready = true;
      for (const { request } of pending.values()) {
        worker?.send(request);
      }
    } else if ("done" in message) {
      pending.get(message.id)?.finish(message.done);
    }
  };

  const start = () =>
    startWorker(options, {
      message: take,
      failed: ({ message }) => stop(`its worker failed: ${message}`),
      async ended(lastWords) {
        retire();
        if (pending.size > 0) {
          stop(`its worker ended: ${lastLine(await lastWords)}`);
        }
      },
    });

  /** Between questions nothing here may keep this process alive. */
  const rest = () => {
    const idle = pending.size === 0;
    worker?.hold(!idle);
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
    if (slowest === undefined) {
      return; // all was answered meanwhile
    }
    if (!ready && still > startMs) {
      stop(`its worker had not started after ${startMs / 1000} s`);
    } else if (ready && still > slowest.patienceMs) {
      stop(standstill(slowest));
    }
  };

  const ask = (op: Request["op"], file: string, key: string, patienceMs: number, maxBytes = 0) =>
    new Promise<Outcome>((resolve) => {
      if (options.signal.aborted) {
        stop("the step was cancelled");
      }
      if (stopped !== undefined) {
        resolve({ outcome: "broken", why: stopped, service: true });
        return;
      }
      lastId += 1;
      const request = { id: lastId, op, file, key, maxBytes };
      const finish = (outcome: Outcome) => {
        pending.delete(request.id);
        rest();
        resolve(outcome);
      };
      pending.set(request.id, { request, finish, patienceMs });
      if (ready) {
        worker?.send(request);
      }
      worker ??= start();
      rest();
      if (watch === undefined) {
        lastMove = performance.now();
        watch = setInterval(() => void look(), Math.min(1000, options.lookupMs / 4));
      }
    });

  options.signal.addEventListener("abort", () => stop("the step was cancelled"), { once: true });

  return {
    restore: (file, key, maxBytes) => ask("restore", file, key, options.stallMs, maxBytes),
    fetch: (file, key, maxBytes) => ask("restore", file, key, options.lookupMs, maxBytes),
    lookup: (file, key) => ask("lookup", file, key, options.lookupMs),
    save: (file, key) => ask("save", file, key, options.stallMs),
    close() {
      retire();
      finishAll({ outcome: "broken", why: "it was broken off", service: false });
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
