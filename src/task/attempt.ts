import { EngineTrouble, NotStarted } from "../engine/trouble.ts";
import { attend } from "./attend.ts";
import type { Watching } from "./changes/watch.ts";
import { collect, type Evidence, type Places } from "./collect.ts";
import type { Container } from "./container.ts";
import { type EndedEarly, installFirst, type Start } from "./first-container.ts";
import { whyNotBegun } from "./not-begun.ts";
import { type Ledger, makeReady, removeFirst } from "./ready.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { type Stop, stopOf } from "./stop.ts";
import { readTail } from "./transcript.ts";
import { settle } from "./workspace/lease.ts";

/** What an attempt needs beside the request, which may become another one. */
export interface Attempt {
  readonly container: Container;
  readonly places: Places;
  readonly ledger: Ledger;
  readonly watching: Watching;
}

/**
 * Runs the task from the image that was found, and from another where a cache's cannot be started: a task never fails
 * because a cache did. It runs once: an image from which a container begins is not set aside.
 *
 * @throws EngineTrouble
 */
export async function attempts(attempt: Attempt, tools: TaskTools): Promise<Evidence> {
  for (;;) {
    const { request } = attempt.ledger;
    const [tried] = await Promise.allSettled([once(request, attempt, tools)]);
    const next = mayBeImage(tried, attempt.ledger.started)
      ? await nextOf(request, attempt, tools)
      : undefined;
    if (next !== undefined) {
      attempt.ledger.request = next;
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
async function nextOf(
  request: TaskRequest,
  { container, ledger }: Attempt,
  { engine }: TaskTools,
): Promise<TaskRequest | undefined> {
  const { instead, cancelled, runId, folder: scratch, remember } = request;
  const why = cancelled.aborted ? undefined : await instead?.whyNot();
  if (why === undefined || cancelled.aborted) {
    return undefined;
  }
  await Promise.all([container.remove(), removeFirst(request, engine)]);
  if (ledger.owed?.kind === "shared") {
    await settle(engine, ledger.owed, { runId, container: container.name, scratch });
  }
  ledger.owed = undefined;
  ledger.started = false;
  remember({ workspace: null });
  return instead?.next(why);
}

/** From what is installed first to all that can be read out of the task's container. @throws EngineTrouble */
async function once(request: TaskRequest, attempt: Attempt, tools: TaskTools): Promise<Evidence> {
  const { container, places, ledger, watching } = attempt;
  const stop = stopOf(request);
  try {
    const start = await startOf(request, stop, places, tools);
    if ("end" in start) {
      const { end, state } = start;
      const tail = await readTail(places.transcriptPath);
      const none = { notes: new Map(), artifacts: [], lost: [], sessions: undefined };
      return { ...end, ...none, state, tail };
    }
    const { timeline, log, redactor } = tools;
    const made = await timeline.measure("create container", () =>
      makeReady(request, container, start, ledger, watching, tools),
    );
    const startedAt = Date.now();
    ledger.started = true;
    const end = await timeline.measure("task", () =>
      log.untrusted((output) =>
        attend(request, container, output, stop, { ...places, shared: made.shared, redactor }),
      ),
    );
    const warnings = [...start.warnings, ...made.warnings, ...end.warnings];
    return await timeline.measure("collect", () =>
      collect(request, container, places, { ...end, warnings }, startedAt, tools),
    );
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
