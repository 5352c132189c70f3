import { type Container, installedName } from "./container.ts";
import { removeFirst } from "./ready.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { changesLost, type Owed, settle } from "./workspace/lease.ts";

/**
 * Hands the workspace back and removes the container, whatever has happened. What cannot be done now is
 * left to `post`. Answers what the user should know.
 */
export async function handBack(
  request: TaskRequest,
  container: Container,
  owed: Owed | undefined,
  ended: PromiseSettledResult<unknown>,
  { engine, log, timeline }: TaskTools,
): Promise<readonly string[]> {
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
  } else if (request.missing.length > 0 && !isOwed) {
    // else `post` hands the workspace back by a container of it
    await engine.images.remove(installedName(runId));
  }
  return warnings;
}
