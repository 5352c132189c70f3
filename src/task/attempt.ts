import { stat, truncate } from "node:fs/promises";
import { attend } from "./attend.ts";
import type { Watching } from "./changes/watch.ts";
import { collect, type Evidence, type Places } from "./collect.ts";
import type { Container } from "./container.ts";
import type { Way } from "./create.ts";
import type { Start } from "./first-container.ts";
import { type Ledger, makeReady } from "./ready.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { isKeptOut, isShutOut, otherWay } from "./shut-out.ts";
import { type Stop, stopOf } from "./stop.ts";
import { settle } from "./workspace/lease.ts";

/** What an attempt needs. */
export interface Begun {
  readonly request: TaskRequest;
  readonly container: Container;
  readonly places: Places;
  readonly ledger: Ledger;
  readonly watching: Watching;
  readonly start: Start;
  readonly stop: Stop;
  readonly tools: TaskTools;
}

/**
 * Runs the task in a container of its own; in another one, to which everything is copied for its user, where that user can
 * write nothing in the first. Nothing of the task has run then.
 *
 * @throws EngineTrouble
 */
export async function attempt(begun: Begun): Promise<Evidence> {
  const { stop, places, tools } = begun;
  const before = (await stat(places.transcriptPath)).size;
  const first = await began(begun, "by the engine").catch(async (error) => {
    if (stop.signal.aborted || !(await isKeptOut(error, tools.engine))) {
      throw error;
    }
    return undefined;
  });
  if (first !== undefined && !isShutOut(first)) {
    return first;
  }
  tools.log.info(otherWay);
  const left = await clearAway(begun);
  await truncate(places.transcriptPath, before); // what an engine said that could not start it
  return anew(begun, left);
}

/** With a stop of its own: one is over with the container it was for. */
async function anew(begun: Begun, left: readonly string[]): Promise<Evidence> {
  const stop = stopOf(begun.request);
  try {
    const evidence = await began({ ...begun, stop }, "by numbers");
    return { ...evidence, warnings: [...left, ...evidence.warnings] };
  } finally {
    await stop.settled();
  }
}

/** The task's own container, from its creation to what it left. */
async function began(
  { request, container, places, ledger, watching, start, stop, tools }: Begun,
  way: Way,
): Promise<Evidence> {
  const { timeline, log, redactor } = tools;
  const made = await timeline.measure("create container", () =>
    makeReady(request, container, start, ledger, watching, tools, way),
  );
  const startedAt = Date.now();
  ledger.started = true;
  const end = await timeline.measure("task", () =>
    log.untrusted((output) =>
      attend(request, container, output, stop, { ...places, shared: made.shared, redactor }),
    ),
  );
  const warnings = [...start.warnings, ...made.warnings, ...end.warnings];
  return timeline.measure("collect", () =>
    collect(request, container, places, { ...end, warnings }, startedAt, tools),
  );
}

/** Removes a container in which nothing of the task has run, and takes back what was handed over for it. */
export async function clearAway({
  request,
  container,
  ledger,
  tools,
}: Pick<Begun, "request" | "container" | "ledger" | "tools">): Promise<readonly string[]> {
  await container.remove();
  if (ledger.owed?.kind !== "shared") {
    return [];
  }
  const options = { runId: request.runId, container: container.name, scratch: request.folder };
  return (await settle(tools.engine, ledger.owed, options)).warnings;
}
