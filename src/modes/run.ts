import { readAsset } from "../assets.ts";
import type { StartImage } from "../images/ensure.ts";
import { inspectImage } from "../images/local-image.ts";
import type { Report } from "../report/report.ts";
import { duration } from "../report/text.ts";
import type { Job } from "../settings/load.ts";
import { contextVariables } from "../task/context-variables.ts";
import { runTask, type TaskRequest } from "../task/task.ts";
import { imageFor } from "./image.ts";
import { prepare } from "./prepare.ts";
import { publishLayers, worthPublishing } from "./publish.ts";
import { runReport } from "./run-report.ts";
import type { Runtime } from "./runtime.ts";

/** `mode: run`: restores or builds the image, runs the task in it, publishes what was built. */
export async function run(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const prepared = await prepare(job, runtime);
  const wish = { start: true, pushFromBuilder: false, mustBuild: false };
  const image = await imageFor(job, prepared, wish, runtime);
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  log.info(`image: ${image.reference} (${image.source})`);
  if (missing.length > 0) {
    log.info(`installed at task start: ${missing.map(({ name }) => name).join(", ")}`);
  }
  // beside the task: never before it, and never because of how it ends
  const publishing = publishLayers(worthPublishing(image), job.settings.rebuild, prepared, runtime);
  const request = await taskRequest(job, image, missing, runtime);
  log.info(`the task's container is created after ${duration(timeline.elapsed())}`);
  const [result, published] = await Promise.all([runTask(request, runtime), publishing]);
  return runReport({ prepared, image, result, published, spans: timeline.spans() });
}

async function taskRequest(
  job: Job,
  image: StartImage,
  missing: TaskRequest["missing"],
  runtime: Runtime,
): Promise<TaskRequest> {
  const { settings } = job;
  const otherUser = settings.user !== "image" && missing.length > 0;
  const imageUser = otherUser
    ? (await inspectImage(runtime.docker, image.reference))?.user || "0"
    : undefined;
  return {
    job,
    image: image.reference,
    missing,
    imageUser,
    runId: runtime.runId,
    folder: runtime.folder,
    environment: new Map([
      ...contextVariables(runtime.environment, settings["container-workdir"]),
      ["AGENTS_RUNNER_TASK_ID", runtime.runId],
      ...job.environment,
    ]),
    secrets: new Map(missing.length > 0 ? job.secrets.map(({ id, value }) => [id, value]) : []),
    assets: await taskAssets(settings["headless-desktop"] !== "false"),
    cancelled: runtime.cancelled,
  };
}

async function taskAssets(desktop: boolean): Promise<ReadonlyMap<string, string>> {
  const files: [path: string, asset: string][] = [["start.sh", "container/start.sh"]];
  if (desktop) {
    files.push(["desktop/start.sh", "desktop/start.sh"]);
  }
  const texts = await Promise.all(
    files.map(async ([path, asset]) => [path, await readAsset(asset)] as const),
  );
  return new Map(texts);
}
