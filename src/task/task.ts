import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineTrouble } from "../engine/trouble.ts";
import type { TaskChanges, Watch } from "./changes/watch.ts";
import type { Evidence, Places } from "./collect.ts";
import { type Container, containerName, containerNamed } from "./container.ts";
import { conclude, engineFailed, type TaskResult } from "./ends.ts";
import { handBack } from "./hand-back.ts";
import { fromSomeImage } from "./instead.ts";
import { type Ledger, removeFirst } from "./ready.ts";
import { redacted } from "./redact.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { keepSessions } from "./sessions.ts";
import { readTail } from "./transcript.ts";

/**
 * Runs the task in a container of its own, from its creation to its removal. That the engine could not make or
 * start it, or lost it, is a result, too.
 */
export async function runTask(first: TaskRequest, tools: TaskTools): Promise<TaskResult> {
  const places = await makePlaces(first.folder);
  const container = containerNamed(tools.engine, containerName(first.runId));
  const ledger: Ledger = { request: first, started: false, owed: undefined, watch: undefined };
  // it may come before the container, so it is no reason not to remove that in the end
  const stopWatching = whenTimeIsShort(first.cancelled, () => {
    void container.remove();
    void removeFirst(ledger.request, tools.engine);
  });
  const [ended] = await Promise.allSettled([inContainer(container, places, ledger, tools)]);
  const { request } = ledger;
  const look = () => changesOf(request, ledger.watch, tools);
  const handed = await handBack(request, container, ledger.owed, ended, look, tools);
  stopWatching();
  const { changes, warnings: about } = handed.made;
  const back = handed.warnings;
  if (ended.status === "fulfilled") {
    const kept = await keepSessions(request, ended.value.sessions);
    // a copy that did not come back is the task's work; files that belong to somebody else are still there
    const isLost = ledger.owed?.kind === "copied";
    const warnings = [...ended.value.warnings, ...(isLost ? [] : back), ...about, ...kept];
    const lost = [...ended.value.lost, ...(isLost ? back : [])];
    const evidence = { ...ended.value, ...places, changes, warnings, lost, request };
    return redacted(conclude(evidence), tools.redactor);
  }
  if (!(ended.reason instanceof EngineTrouble)) {
    throw ended.reason;
  }
  const tail = await readTail(places.transcriptPath).catch(() => "");
  const failed = engineFailed(ended.reason.message, {
    ...places,
    changes,
    warnings: [...back, ...about],
    tail,
    request,
  });
  return redacted(failed, tools.redactor);
}

/** How long a cancelled step looks at what the task changed: the runner kills this process soon. */
const lookAfterCancelMs = 1_500;

/** What the task changed in the workspace, which is the runner's again. */
async function changesOf(
  { cancelled, remember, putBack }: TaskRequest,
  watch: Watch | undefined,
  { timeline }: TaskTools,
): Promise<{ readonly changes: TaskChanges | undefined; readonly warnings: readonly string[] }> {
  if (watch === undefined) {
    return { changes: undefined, warnings: await putBack() };
  }
  const signal = cancelled.aborted ? AbortSignal.timeout(lookAfterCancelMs) : undefined;
  const told = await timeline.measure("tell changes", () => watch.changes(signal));
  remember({ git: null });
  return { ...told, warnings: [...told.warnings, ...(await putBack())] };
}

async function makePlaces(folder: string): Promise<Places> {
  const places = {
    artifactsPath: join(folder, "artifacts"),
    agentStreamPath: join(folder, "agent.jsonl"),
    transcriptPath: join(folder, "transcript.log"),
  };
  await mkdir(places.artifactsPath, { recursive: true });
  await writeFile(places.transcriptPath, ""); // outputs name it, whatever happens
  return places;
}

/** Watches the workspace while the task has it. @throws EngineTrouble */
async function inContainer(
  container: Container,
  places: Places,
  ledger: Ledger,
  tools: TaskTools,
): Promise<Evidence> {
  const { request } = ledger;
  const watching = await request.watching;
  const { entry } = watching.watch;
  ledger.watch = watching.watch;
  if (entry.kind !== "folder") {
    request.remember({ git: { workspace: request.job.workspace, entry } });
  }
  return fromSomeImage({ container, places, ledger, watching, tools });
}

/** From a cancel until the container is removed, whatever there is to copy: the runner kills this process soon after. */
const removeAfterCancelMs = 6_000;

/** Calls back when the step was cancelled so long ago. Answers how to end that. */
function whenTimeIsShort(cancelled: AbortSignal, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(act, removeAfterCancelMs);
  };
  if (cancelled.aborted) {
    start();
  }
  cancelled.addEventListener("abort", start, { once: true });
  return () => {
    cancelled.removeEventListener("abort", start);
    clearTimeout(timer);
  };
}
