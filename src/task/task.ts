import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { agents } from "../agents/agents.ts";
import type { ContainerState } from "../engine/containers.ts";
import { EngineTrouble } from "../engine/trouble.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Timeline } from "../log/timeline.ts";
import { reasonOf } from "../log/trouble.ts";
import { leadsOut } from "../settings/workspace-file.ts";
import { leftOutText } from "./allowance.ts";
import { namesWithoutSecrets } from "./artifact-names.ts";
import { attend } from "./attend.ts";
import { type TaskChanges, type Watch, watchWorkspace } from "./changes/watch.ts";
import { type Container, containerName, containerNamed, installedName } from "./container.ts";
import { conclude, type End, engineFailed, type TaskResult } from "./ends.ts";
import type { Unpacked } from "./extract.ts";
import { type EndedEarly, installFirst, type Start } from "./first-container.ts";
import { homeIn, type Notes } from "./notes.ts";
import { type Ledger, makeReady, removeFirst } from "./ready.ts";
import { redacted } from "./redact.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { type Stop, stopOf } from "./stop.ts";
import { readTail } from "./transcript.ts";
import { changesLost, type Owed, settle } from "./workspace/lease.ts";

/** What the task leaves on this machine. */
interface Places {
  readonly artifactsPath: string;
  readonly agentStreamPath: string;
  readonly transcriptPath: string;
}

/** What the container has to say once it has ended. */
interface Evidence extends End {
  readonly state: ContainerState;
  readonly notes: Notes;
  readonly artifacts: readonly string[];
  /** Why some of them are not there. */
  readonly lost: readonly string[];
  readonly tail: string;
  /** A folder with the agent's sessions, to be kept once nothing of the task runs any more. */
  readonly sessions: string | undefined;
}

/**
 * Runs the task in a container of its own, from its creation to its removal. That the engine could not make or
 * start it, or lost it, is a result, too.
 */
export async function runTask(request: TaskRequest, tools: TaskTools): Promise<TaskResult> {
  const places = await makePlaces(request.folder);
  const container = containerNamed(tools.engine, containerName(request.runId));
  // it may come before the container, so it is no reason not to remove that in the end
  const stopWatching = whenTimeIsShort(request.cancelled, () => {
    void container.remove();
    void removeFirst(request, tools.engine);
  });
  const ledger: Ledger = { owed: undefined, watch: undefined };
  const [ended] = await Promise.allSettled([
    inContainer(request, container, places, ledger, tools),
  ]);
  const back = await handBack(request, container, ledger.owed, ended, tools);
  stopWatching();
  const { changes, warnings: about } = await changesOf(request, ledger.watch, tools);
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
  { cancelled, remember }: TaskRequest,
  watch: Watch | undefined,
  { timeline }: TaskTools,
): Promise<{ readonly changes: TaskChanges | undefined; readonly warnings: readonly string[] }> {
  if (watch === undefined) {
    return { changes: undefined, warnings: [] };
  }
  const signal = cancelled.aborted ? AbortSignal.timeout(lookAfterCancelMs) : undefined;
  const told = await timeline.measure("tell changes", () => watch.changes(signal));
  remember({ git: null });
  return told;
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

/** From what is installed first to all that can be read out of the task's container. @throws EngineTrouble */
async function inContainer(
  request: TaskRequest,
  container: Container,
  places: Places,
  ledger: Ledger,
  tools: TaskTools,
): Promise<Evidence> {
  const stop = stopOf(request);
  try {
    const start = await startOf(request, stop, places, tools);
    if ("end" in start) {
      const { end, state } = start;
      const tail = await readTail(places.transcriptPath);
      return {
        ...end,
        state,
        notes: new Map(),
        artifacts: [],
        lost: [],
        tail,
        sessions: undefined,
      };
    }
    const { timeline, log, redactor } = tools;
    const watch = await watchOver(request, tools);
    ledger.watch = watch;
    const looking = timeline.measure("look at the workspace", () => watch.look());
    const made = await timeline.measure("create container", () =>
      makeReady(request, container, start, ledger, { watch, looking }, tools),
    );
    const startedAt = Date.now();
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

/** Begins to look after the workspace. */
async function watchOver({ job, folder, remember }: TaskRequest, { environment }: TaskTools) {
  const { workspace } = job;
  const watch = await watchWorkspace(workspace, folder, environment);
  if (watch.entry.kind !== "folder") {
    remember({ git: { workspace, entry: watch.entry } });
  }
  return watch;
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

/** Reads all that the ended container left. */
async function collect(
  request: TaskRequest,
  container: Container,
  { artifactsPath, transcriptPath }: Places,
  end: End,
  startedAt: number,
  { timeline, redactor }: TaskTools,
): Promise<Evidence> {
  const [state, notes, artifacts, tail] = await Promise.all([
    container.state(),
    container.notes(),
    readArtifacts(request, container, artifactsPath, redactor),
    readTail(transcriptPath),
  ]);
  recordStart(timeline, startedAt, notes);
  const warnings = [...end.warnings, ...artifacts.warnings];
  const sessions = await readSessions(request, container, notes, warnings).catch((error) => {
    warnings.push(notKept(error));
    return undefined;
  });
  const { files, lost } = artifacts;
  return { ...end, warnings, state, notes, artifacts: files, lost, tail, sessions };
}

/** Copies the artifacts out of the container, as many as may be. */
async function readArtifacts(
  { job }: TaskRequest,
  container: Container,
  folder: string,
  redactor: Redactor,
) {
  let found: Unpacked | undefined;
  const lost: string[] = [];
  try {
    const limit = job.settings["artifacts-limit"];
    found = await container.artifacts(folder, limit, namesWithoutSecrets(redactor));
  } catch (error) {
    lost.push(`the task's artifacts could not be read: ${reasonOf(error)}`);
  }
  const { files = [], failed } = found ?? {};
  if (failed !== undefined) {
    lost.push(
      `the task's artifacts could not all be kept: ${reasonOf(failed)}; ${files.length} of them are in ${folder}`,
    );
  }
  const cut = found && leftOutText(found.leftOut, "the artifacts");
  return { files, lost, warnings: cut === undefined ? [] : [cut] };
}

/** Copies the agent's sessions out of the container, where they are wanted. Answers the folder. */
async function readSessions(
  { sessionPath, job, folder }: TaskRequest,
  container: Container,
  notes: Notes,
  warnings: string[],
): Promise<string | undefined> {
  const home = homeIn(notes);
  const { agent } = job.settings;
  if (sessionPath === undefined || agent === undefined || home === undefined) {
    return undefined;
  }
  const fresh = await mkdtemp(join(folder, "sessions-"));
  const from = `${home}/${agents[agent].sessionFolder}`;
  const found = await container.sessions(from, fresh, job.settings["artifacts-limit"]);
  const cut = found && leftOutText(found.leftOut, "the agent's sessions");
  if (cut !== undefined) {
    warnings.push(cut);
  }
  if (found?.failed !== undefined) {
    warnings.push(notKept(found.failed));
  }
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
  const giveBack = async (): Promise<readonly string[]> => {
    if (owed === undefined) {
      return [];
    }
    if (ended.status === "rejected" && owed.kind === "copied") {
      remember({ workspace: null });
      return [changesLost];
    }
    const options = { runId, container: container.name, scratch: folder };
    const { warnings, notices, unfinished } = await settle(engine, owed, options);
    for (const notice of notices) {
      log.notice(notice);
    }
    if (!unfinished) {
      remember({ workspace: null });
    }
    return warnings;
  };
  const [warnings, remaining] = await timeline.measure("clean up", async () => {
    if (owed?.kind === "copied") {
      return [await giveBack(), await container.remove()] as const; // the container has the only copy
    }
    if (ended.status === "rejected") {
      const stays = await container.remove(); // it may still run, and write
      return [await giveBack(), stays] as const;
    }
    return Promise.all([giveBack(), container.remove()]);
  });
  const left = remaining ?? (await removeFirst(request, engine));
  if (left !== undefined) {
    remember({ container: true });
    log.warning(
      `the task's container ${container.name} could not be removed: ${left}; it is tried again after the job`,
    );
  } else if (request.missing.length > 0) {
    await engine.images.remove(installedName(runId));
  }
  return warnings;
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
function recordStart(timeline: Timeline, startedAt: number, notes: Notes): void {
  const reached = Number(notes.get("started")?.toString("utf8")) * 1000;
  // a remote engine's clock may be another one
  if (reached >= startedAt && reached <= Date.now()) {
    timeline.record("reach the command", startedAt, reached);
  }
}
