import { EngineTrouble, NotStarted } from "../engine/trouble.ts";
import { attempt, type Begun, clearAway } from "./attempt.ts";
import type { Evidence, Places } from "./collect.ts";
import { type EndedEarly, installFirst, type Start } from "./first-container.ts";
import { whyNotBegun } from "./not-begun.ts";
import { removeFirst } from "./ready.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { type Stop, stopOf } from "./stop.ts";
import { readTail } from "./transcript.ts";

/** What a task needs beside its request, which may become another one. */
type Around = Pick<Begun, "container" | "places" | "ledger" | "watching" | "tools">;

/**
 * Runs the task from the image that was found, and from another where a cache's cannot be started: a task never fails
 * because a cache did. It runs once: an image from which a container begins is not set aside.
 *
 * @throws EngineTrouble
 */
export async function fromSomeImage(around: Around): Promise<Evidence> {
  const { ledger } = around;
  for (;;) {
    const { request } = ledger;
    const [tried] = await Promise.allSettled([fromOne(request, around)]);
    const next = mayBeImage(tried, ledger.started) ? await nextOf(request, around) : undefined;
    if (next !== undefined) {
      ledger.request = next;
    } else if (tried.status === "fulfilled") {
      return tried.value;
    } else {
      throw tried.reason;
    }
  }
}

/** Whether nothing of the task ran, as far as its container tells. Pure. */
export function mayBeImage(tried: PromiseSettledResult<Evidence>, started: boolean): boolean {
  if (tried.status === "rejected") {
    const { reason } = tried;
    return reason instanceof NotStarted || (!started && reason instanceof EngineTrouble);
  }
  const { ended, scriptFailed, state, notes, tail } = tried.value;
  const byItself = ended === "by itself" && scriptFailed === undefined;
  return byItself && whyNotBegun(state, notes, tail) !== undefined;
}

/** The same task from another image; undefined where this one is not why it did not begin. */
async function nextOf(request: TaskRequest, around: Around): Promise<TaskRequest | undefined> {
  const { instead, cancelled, remember } = request;
  const why = cancelled.aborted ? undefined : await instead?.whyNot();
  if (why === undefined || cancelled.aborted) {
    return undefined;
  }
  const { ledger, tools } = around;
  await clearAway({ request, ...around });
  await removeFirst(request, tools.engine);
  ledger.owed = undefined;
  ledger.started = false;
  remember({ workspace: null });
  return instead?.next(why);
}

/** From what is installed first to all that can be read out of the task's container. @throws EngineTrouble */
async function fromOne(request: TaskRequest, around: Around): Promise<Evidence> {
  const { places, tools } = around;
  const stop = stopOf(request);
  try {
    const start = await startOf(request, stop, places, tools);
    if ("end" in start) {
      const { end, state } = start;
      const tail = await readTail(places.transcriptPath);
      const none = { notes: new Map(), artifacts: [], lost: [], sessions: undefined };
      return { ...end, ...none, state, tail };
    }
    return await attempt({ ...around, request, start, stop });
  } finally {
    await stop.settled();
  }
}

/** The image as it was found; where it lacks something, one that has it. */
async function startOf(
  request: TaskRequest,
  stop: Stop,
  { transcriptPath }: Places,
  tools: TaskTools,
): Promise<Start | EndedEarly> {
  if (request.missing.length === 0) {
    return { image: request.image, withoutDesktop: false, volumesFrom: undefined, warnings: [] };
  }
  return tools.log.untrusted((output) =>
    installFirst(request, output, stop, transcriptPath, tools),
  );
}
