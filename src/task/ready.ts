import type { Engine } from "../engine/engine.ts";
import type { Watch, Watching } from "./changes/watch.ts";
import { type Container, containerNamed, firstContainerName } from "./container.ts";
import { createContainer, fillContainer, type Way } from "./create.ts";
import type { Start } from "./first-container.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { handOver, userOf } from "./workspace/hand-over.ts";
import { lease, type Owed } from "./workspace/lease.ts";
import { ownerOf, planWorkspace } from "./workspace/plan.ts";

/** What has to be settled, as soon as it is owed: the container may be lost at any moment after. */
export interface Ledger {
  /** What is being run: another image may have taken the place of the first. */
  request: TaskRequest;
  /** A container was asked to start the task: unless the engine says otherwise, it may have run. */
  started: boolean;
  owed: Owed | undefined;
  watch: Watch | undefined;
}

/** Makes the task's container and hands the workspace to its user. */
export async function makeReady(
  request: TaskRequest,
  container: Container,
  start: Start,
  ledger: Ledger,
  { watch, looking }: Watching,
  { engine }: TaskTools,
  way: Way,
): Promise<{ shared: boolean; warnings: readonly string[] }> {
  const { workspace, settings } = request.job;
  const user = request.user ?? request.imageUser;
  const plan = planWorkspace(await ownerOf(workspace), user);
  const made = await createContainer(engine, container, request, start, watch.git, way);
  const { shared } = made;
  const [image, heir] = await Promise.all([
    // an image of this engine is named by its id already
    start.image.startsWith("sha256:") ? start.image : container.imageId(),
    shared && plan.handOver ? userOf(container, user) : undefined,
    fillContainer(container, request, start, made.owner, way),
    // one whose volumes the task has is removed after it: the task's container may have to be made once more
    start.volumesFrom === undefined ? removeFirst(request, engine) : undefined,
  ]);
  const owe = () => {
    const where = {
      image: image ?? start.image,
      workspace,
      workdir: settings["container-workdir"],
    };
    ledger.owed = lease(where, plan, shared, Date.now(), watch);
    request.remember({ workspace: ledger.owed });
  };
  owe();
  await looking;
  if (!shared || !plan.handOver) {
    return { shared, warnings: [] };
  }
  const wrong = await handOver(engine, request, image ?? start.image, heir, watch.over);
  owe(); // what the task touches is told from what was given to it
  return { shared, warnings: wrong === undefined ? [] : [wrong] };
}

/** Removes the container in which something was installed. Answers what went wrong, if anything. */
export async function removeFirst({ missing, runId }: TaskRequest, engine: Engine) {
  const first = containerNamed(engine, firstContainerName(runId));
  return missing.length === 0 ? undefined : first.remove();
}
