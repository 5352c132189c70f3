import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agents } from "../agents/agents.ts";
import type { ContainerState } from "../engine/containers.ts";
import { EngineTrouble } from "../engine/trouble.ts";
import type { Timeline } from "../log/timeline.ts";
import { reasonOf } from "../log/trouble.ts";
import { leadsOut } from "../settings/workspace-file.ts";
import { namesWithoutSecrets } from "./artifact-names.ts";
import { attend } from "./attend.ts";
import { type Container, containerName, containerNamed } from "./container.ts";
import { createContainer } from "./create.ts";
import { conclude, type End, engineFailed, type TaskResult } from "./ends.ts";
import { redacted } from "./redact.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { readTail } from "./transcript.ts";
import { changesLost, type Owed, settle } from "./workspace/lease.ts";
import { ownerOf, planWorkspace } from "./workspace/plan.ts";

/** What the task leaves on this machine. */
interface Places {
  readonly artifactsPath: string;
  readonly agentStreamPath: string;
  readonly transcriptPath: string;
}

/** What the container has to say once it has ended. */
interface Evidence extends End {
  readonly state: ContainerState;
  readonly notes: ReadonlyMap<string, Buffer>;
  readonly artifacts: readonly string[];
  readonly tail: string;
  /** A folder with the agent's sessions, to be kept once nothing of the task runs any more. */
  readonly sessions: string | undefined;
}

/**
 * Runs the task in one container, from its creation to its removal. That the engine could not make or
 * start it, or lost it, is a result, too.
 */
export async function runTask(request: TaskRequest, tools: TaskTools): Promise<TaskResult> {
  const places = await makePlaces(request.folder);
  const container = containerNamed(tools.engine, containerName(request.runId));
  // it may come before the container, so it is no reason not to remove that in the end
  const stopWatching = whenTimeIsShort(request.cancelled, () => void container.remove());
  const ledger: Ledger = { owed: undefined };
  const [ended] = await Promise.allSettled([
    inContainer(request, container, places, ledger, tools),
  ]);
  const back = await handBack(request, container, ledger.owed, ended, tools);
  stopWatching();
  if (ended.status === "fulfilled") {
    const kept = await keepSessions(request, ended.value.sessions);
    const warnings = [...ended.value.warnings, ...back, ...kept];
    const result = conclude({ ...ended.value, ...places, warnings, request });
    return redacted(result, tools.redactor);
  }
  if (!(ended.reason instanceof EngineTrouble)) {
    throw ended.reason;
  }
  const tail = await readTail(places.transcriptPath).catch(() => "");
  const failed = engineFailed(ended.reason.message, { ...places, warnings: back, tail, request });
  return redacted(failed, tools.redactor);
}

/** What has to be settled, as soon as it is owed: the container may be lost at any moment after. */
interface Ledger {
  owed: Owed | undefined;
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

/** From the container's creation to all that can be read out of it. @throws EngineTrouble */
async function inContainer(
  request: TaskRequest,
  container: Container,
  { artifactsPath, agentStreamPath, transcriptPath }: Places,
  ledger: Ledger,
  tools: TaskTools,
): Promise<Evidence> {
  const { log, redactor, timeline, engine } = tools;
  const plan = planWorkspace(
    await ownerOf(request.job.workspace),
    request.user ?? request.imageUser,
  );
  const { shared, owed } = await timeline.measure("create container", () =>
    createContainer(engine, container, request, plan),
  );
  if (owed !== undefined) {
    ledger.owed = owed;
    request.remember({ workspace: owed });
  }
  const startedAt = Date.now();
  const end = await timeline.measure("task", () =>
    log.untrusted((output) =>
      attend(request, container, output, { plan, transcriptPath, agentStreamPath, shared }, tools),
    ),
  );
  return timeline.measure("collect", async () => {
    const [state, notes, artifacts, tail] = await Promise.all([
      container.state(),
      container.notes(),
      container
        .artifacts(artifactsPath, namesWithoutSecrets(redactor))
        .catch((error: Error) => error),
      readTail(transcriptPath),
    ]);
    recordStart(timeline, startedAt, notes);
    const lost = artifacts instanceof Error ? [`artifacts could not be read: ${artifacts}`] : [];
    const sessions = await readSessions(request, container, notes).catch((error: Error) => {
      lost.push(notKept(error));
      return undefined;
    });
    return {
      ...end,
      warnings: [...end.warnings, ...lost],
      state,
      notes,
      artifacts: artifacts instanceof Error ? [] : artifacts,
      tail,
      sessions,
    };
  });
}

/** Copies the agent's sessions out of the container, where they are wanted. Answers the folder. */
async function readSessions(
  { sessionPath, job, folder }: TaskRequest,
  container: Container,
  notes: ReadonlyMap<string, Buffer>,
): Promise<string | undefined> {
  const home = notes.get("home")?.toString("utf8");
  const { agent } = job.settings;
  if (sessionPath === undefined || agent === undefined || home === undefined) {
    return undefined;
  }
  const fresh = await mkdtemp(join(folder, "sessions-"));
  await container.sessions(`${home}/${agents[agent].sessionFolder}`, fresh);
  return fresh;
}

/**
 * Puts sessions where they are kept, beside what is there. The task has ended and the workspace is handed back: nobody
 * moves a folder on the way. Answers what went wrong, if anything.
 */
async function keepSessions(
  { sessionPath, job }: TaskRequest,
  sessions: string | undefined,
): Promise<readonly string[]> {
  if (sessionPath === undefined || sessions === undefined) {
    return [];
  }
  try {
    if (await leadsOut(job.workspace, job.settings["session-path"] ?? "")) {
      return [notKept(new Error("it leads out of the workspace by now"))];
    }
    await cp(sessions, sessionPath, { recursive: true });
    return [];
  } catch (error) {
    return [notKept(error)];
  } finally {
    await rm(sessions, { recursive: true, force: true });
  }
}

function notKept(error: unknown): string {
  return `the agent's sessions could not be kept in \`session-path\`: ${reasonOf(error)}`;
}

/**
 * Hands the workspace back and removes the container, whatever has happened. What cannot be done now is
 * left to `post`. Answers what the user should know.
 */
async function handBack(
  request: TaskRequest,
  container: Container,
  owed: Owed | undefined,
  ended: PromiseSettledResult<Evidence>,
  { engine, log, timeline }: TaskTools,
): Promise<readonly string[]> {
  const { runId, folder, remember } = request;
  const isBack =
    owed?.kind === "shared" && ended.status === "fulfilled" && ended.value.notes.has("given-back");
  const lost = ended.status === "rejected" && owed?.kind === "copied";
  const giveBack = async () => {
    if (owed === undefined) {
      return undefined;
    }
    const options = { runId, container: container.name, scratch: folder };
    const wrong = lost ? changesLost : isBack ? undefined : await settle(engine, owed, options);
    // changes that were copied in part are no more in the container's next copy; owners can be tried again
    if (wrong === undefined || owed.kind === "copied") {
      remember({ workspace: null });
    }
    return wrong;
  };
  const [wrong, remaining] = await timeline.measure("clean up", async () =>
    owed?.kind === "copied"
      ? [await giveBack(), await container.remove()] // the container has the only copy
      : Promise.all([giveBack(), container.remove()]),
  );
  if (remaining !== undefined) {
    remember({ container: true });
    log.warning(
      `the task's container ${container.name} could not be removed: ${remaining}; it is tried again after the job`,
    );
  }
  return wrong === undefined ? [] : [wrong];
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

/** The start script noted when it reached the command: what came before is the preparation. */
function recordStart(
  timeline: Timeline,
  startedAt: number,
  notes: ReadonlyMap<string, Buffer>,
): void {
  const reached = Number(notes.get("started")?.toString("utf8")) * 1000;
  // a remote engine's clock may be another one
  if (reached >= startedAt && reached <= Date.now()) {
    timeline.record("reach the command", startedAt, reached);
  }
}
