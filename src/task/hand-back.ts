import { type Container, installedName } from "./container.ts";
import { removeFirst } from "./ready.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { changesLost, type Owed, settle } from "./workspace/lease.ts";

/**
 * Hands the workspace back and removes the container, whatever has happened. What cannot be done now is
 * left to `post`. Answers what the user should know, and what is made of the workspace as soon as it is back.
 */
export async function handBack<T>(
  request: TaskRequest,
  container: Container,
  owed: Owed | undefined,
  ended: PromiseSettledResult<unknown>,
  once: () => Promise<T>,
  { engine, log, timeline }: TaskTools,
): Promise<{ readonly warnings: readonly string[]; readonly made: T }> {
  const { runId, folder, remember } = request;
  let isOwed = false;
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
    isOwed = unfinished;
    if (!unfinished) {
      remember({ workspace: null });
    }
    return warnings;
  };
  const remove = () => timeline.measure("clean up", () => container.remove());
  const back = () => timeline.measure("hand back", giveBack);
  // it has the only copy of the workspace; or it may still run, and write
  const first = owed?.kind === "copied" ? await back() : undefined;
  const removing = remove();
  if (ended.status === "rejected") {
    await removing;
  }
  const warnings = first ?? (await back());
  const [made, remaining] = await Promise.all([once(), removing]);
  const left = remaining ?? (await removeFirst(request, engine));
  if (left !== undefined) {
    remember({ container: true });
    log.warning(
      `the task's container ${container.name} could not be removed: ${left}; it is tried again after the job`,
    );
  } else if (request.missing.length > 0 && !isOwed) {
    // else `post` hands the workspace back by a container of it
    await engine.images.remove(installedName(runId));
  }
  return { warnings, made };
}
