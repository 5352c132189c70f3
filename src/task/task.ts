import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Docker } from "../engine/cli.ts";
import type { Content } from "../layers/layers.ts";
import type { Log } from "../log/log.ts";
import type { Timeline } from "../log/timeline.ts";
import type { Job } from "../settings/load.ts";
import { attend } from "./attend.ts";
import { type Container, ContainerTrouble, containerNamed } from "./container.ts";
import { createContainer } from "./create.ts";
import { codes, conclude, type TaskResult } from "./ends.ts";
import { readTail } from "./transcript.ts";
import { type Owner, ownerOf, planWorkspace, type TakeBack, takeBack } from "./workspace/shared.ts";

export interface TaskRequest {
  readonly job: Job;
  /** What the container is made from; it is in the engine. */
  readonly image: string;
  /** What the image lacks, in the order it is installed. */
  readonly missing: readonly Content[];
  /** Who the container runs as, where it is not the image's own user: `uid[:gid]`. */
  readonly user: string | undefined;
  /** The image's own user, as the image names it; empty for root. */
  readonly imageUser: string;
  readonly runId: string;
  /** Where transcript and artifacts go. */
  readonly folder: string;
  /** Everything the task sees, names unique: the job's context and the user's `env`. */
  readonly environment: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  /** Text of the scripts that ship, by their path in the task folder. */
  readonly assets: ReadonlyMap<string, string>;
  readonly cancelled: AbortSignal;
  /** Keeps what `post` needs to know, should this process be killed or fail to clean up. */
  readonly remember: (left: LeftToPost) => void;
}

/** A workspace that is in the container alone, and where it belongs. */
export interface Elsewhere {
  readonly workdir: string;
  readonly workspace: string;
  readonly owner: Owner;
}

/** What `post` finds to do when this process could not. */
export interface LeftToPost {
  /** The workspace is to be handed back; null once it has been. */
  readonly takeBack?: TakeBack | null;
  /** The engine, which does not share this machine's files, has the task's changes; null once they are here or lost. */
  readonly elsewhere?: Elsewhere | null;
  /** The container could not be removed. */
  readonly container?: true;
}

export interface TaskTools {
  readonly docker: Docker;
  readonly log: Log;
  readonly timeline: Timeline;
}

/**
 * Runs the task in one container, from its creation to its removal. That the engine could not make or
 * start it, or lost it, is a result, too.
 */
export async function runTask(request: TaskRequest, tools: TaskTools): Promise<TaskResult> {
  const { docker, log, timeline } = tools;
  const { job } = request;
  const container = containerNamed(docker, containerName(request.runId));
  const transcriptPath = join(request.folder, "transcript.log");
  const artifactsPath = join(request.folder, "artifacts");
  await mkdir(artifactsPath, { recursive: true });
  await writeFile(transcriptPath, ""); // outputs name it, whatever happens
  // it may come before the container, so it is no reason not to remove that in the end
  const stopWatching = whenTimeIsShort(request.cancelled, () => void container.remove());
  let isGone = false;
  let owed: TakeBack | undefined;
  let elsewhere: Elsewhere | undefined;
  const plan = planWorkspace(await ownerOf(job.workspace), request.user ?? request.imageUser);
  try {
    const { shared } = await timeline.measure("create container", () =>
      createContainer(docker, container, request, plan),
    );
    if (!shared) {
      const { "container-workdir": workdir } = job.settings;
      elsewhere = { workdir, workspace: job.workspace, owner: plan.owner };
      request.remember({ elsewhere });
    } else if (plan.takeBack) {
      owed = { image: request.image, workspace: job.workspace, owner: plan.owner };
      request.remember({ takeBack: owed });
    }
    const startedAt = Date.now();
    const end = await timeline.measure("task", () =>
      log.untrusted((output) =>
        attend(request, container, output, { plan, transcriptPath, shared }, tools),
      ),
    );
    return await timeline.measure("collect", async () => {
      const [state, notes, artifacts, tail] = await Promise.all([
        container.state(),
        container.notes(),
        container.artifacts(artifactsPath).catch((error: Error) => error),
        readTail(transcriptPath),
      ]);
      recordStart(timeline, startedAt, notes);
      let wrong: string | undefined;
      if (elsewhere !== undefined) {
        wrong = await copyBack(container, elsewhere, request.folder);
        request.remember({ elsewhere: null });
      } else if (owed !== undefined) {
        const [back, left] = await Promise.all([
          giveBack(request, owed, notes.has("given-back"), tools),
          container.remove(), // all that is in it has been read
        ]);
        wrong = back;
        isGone = left === undefined;
        owed = undefined; // what went wrong is told, and left to post
      }
      const lost =
        artifacts instanceof Error ? `artifacts could not be read: ${artifacts}` : undefined;
      const warnings = [...end.warnings, wrong, lost].filter((text) => text !== undefined);
      return conclude({
        ...end,
        warnings,
        state,
        notes,
        artifacts: artifacts instanceof Error ? [] : artifacts,
        artifactsPath,
        transcriptPath,
        tail,
        request,
      });
    });
  } catch (error) {
    if (!(error instanceof ContainerTrouble)) {
      throw error;
    }
    const { message } = error;
    request.remember({ elsewhere: null });
    const cancelled = request.cancelled.aborted;
    return {
      conclusion: cancelled ? "cancelled" : "failure",
      exitCode: cancelled ? codes.cancelled : codes.engine,
      failure: { message },
      warnings: elsewhere === undefined ? [] : [changesLost],
      artifacts: [],
      artifactsPath,
      transcriptPath,
      noVncUrl: undefined,
      tail: await readTail(transcriptPath).catch(() => ""),
      outputs: {},
    };
  } finally {
    stopWatching();
    const wrong = isGone ? undefined : await container.remove();
    if (owed !== undefined) {
      await giveBack(request, owed, false, tools);
    }
    if (wrong !== undefined) {
      request.remember({ container: true });
      log.warning(
        `the task's container ${container.name} could not be removed: ${wrong}; it is tried again after the job`,
      );
    }
  }
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

const changesLost =
  "the task's changes to the workspace are lost: the engine, which has its files on another machine, had them alone";

/** Copies the task's changes into the workspace. Answers what went wrong, if anything. */
function copyBack(
  container: Container,
  { workdir, workspace, owner }: Elsewhere,
  scratch: string,
): Promise<string | undefined> {
  return container.copyFolderOut(workdir, { folder: workspace, owner, scratch });
}

/** For `post`: the same for a task whose runner process was killed. It is ended first, so that it writes no more. */
export async function rescue(
  docker: Docker,
  runId: string,
  elsewhere: Elsewhere,
  scratch: string,
): Promise<string | undefined> {
  const container = containerNamed(docker, containerName(runId));
  await container.kill();
  return copyBack(container, elsewhere, scratch);
}

function containerName(runId: string): string {
  return `agent-runner-${runId}`;
}

/**
 * Hands the workspace back, unless the task's own end has; post need not, then. Answers what went wrong, if
 * anything.
 */
async function giveBack(
  { runId, remember }: TaskRequest,
  owed: TakeBack,
  isBack: boolean,
  { docker }: TaskTools,
): Promise<string | undefined> {
  const wrong = isBack ? undefined : await takeBack(docker, owed, runId);
  if (wrong === undefined) {
    remember({ takeBack: null });
  }
  return wrong;
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
