import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { contextPrefix } from "../build/context.ts";
import type { Engine } from "../engine/engine.ts";
import { namesOfRun } from "../images/actions-cache/forget.ts";
import type { Log } from "../log/log.ts";
import { restoreGitEntry } from "../task/changes/git-folder.ts";
import { madeIn, removeCopies, whatIsMade } from "../task/changes/watch.ts";
import { containerName, installedName, type Swept, sweep } from "../task/container.ts";
import { runLabel } from "../task/container-spec.ts";
import type { LeftToPost } from "../task/request.ts";
import { putBack } from "../task/steering/put-back.ts";
import { copyPrefix } from "../task/workspace/copied.ts";
import { type Owed, settle } from "../task/workspace/lease.ts";
import { disposeRuntime, runVariable } from "./runtime.ts";

export interface Leftovers {
  readonly engine: Engine;
  readonly runId: string;
  /** The run's own folder. */
  readonly folder: string;
  /** What a killed main process has not settled. */
  readonly owed: Owed | undefined;
  /** What stood at the workspace's `.git` before the task. */
  readonly git: LeftToPost["git"] | undefined;
  readonly log: Log;
}

/** What a main process that was killed may leave: programs it started, containers, the workspace, files, names of images. */
export async function removeLeftovers(left: Leftovers): Promise<void> {
  const { engine, runId, owed, log } = left;
  if (owed?.kind === "copied") {
    await engine.containers.kill(containerName(runId), "KILL"); // so that it writes no more
    if (await settleOwed(left, owed)) {
      log.notice("what the task had changed when the step was killed has been copied back");
    }
  }
  const { found, wrong: remaining } = await removeContainers(left);
  if (remaining !== undefined) {
    log.warning(
      `containers of this step could not be removed: ${remaining}. Remove them with: docker rm --force $(docker ps --all --quiet --filter label=${runLabel}=${runId})`,
    );
  } else if (found > 0) {
    log.notice(`${found} container of this step was still there and has been removed`);
  }
  if (owed?.kind === "shared") {
    await settleOwed(left, owed);
  }
  await engine.images.forget(installedName(runId)); // the last that may be made of it has been removed
  const { git, folder } = left;
  await removeCopies(folder);
  if (git && (await restoreGitEntry(git.workspace, git.entry, madeIn(folder)))) {
    log.warning(whatIsMade(folder));
  }
  for (const warning of (await putBack(folder)).warnings) {
    log.warning(warning);
  }
}

/** Answers whether all went well; what did not has been told. */
async function settleOwed({ engine, runId, folder, log }: Leftovers, owed: Owed): Promise<boolean> {
  const options = { runId, container: containerName(runId), scratch: folder };
  const { warnings, notices } = await settle(engine, owed, options);
  for (const warning of warnings) {
    log.warning(warning);
  }
  for (const notice of notices) {
    log.notice(notice);
  }
  return warnings.length === 0;
}

async function removeContainers({ engine, runId, folder }: Leftovers): Promise<Swept> {
  const ended = await endProcesses(runId);
  await disposeRuntime(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(contextPrefix) || name.startsWith(copyPrefix)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  const swept = await sweep(engine, runId);
  await engine.images.forget(namesOfRun(runId));
  if (ended === 0) {
    return swept;
  }
  // a `docker create` that was just ended may have reached the engine
  await pause(1_000);
  const again = await sweep(engine, runId);
  return { found: swept.found + again.found, wrong: again.wrong };
}

/** Ends the docker commands of a run that are still there, by the variable they were given. */
async function endProcesses(runId: string): Promise<number> {
  const mark = `${runVariable}=${runId}`;
  let ended = 0;
  // where there is no /proc, the runner's own clean-up at the end of the job has to do
  for (const pid of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(mark)) {
      try {
        process.kill(Number(pid), "SIGKILL");
        ended += 1;
      } catch {
        // it has ended by itself
      }
    }
  }
  return ended;
}
