import { agents } from "../agents/agents.ts";
import { readAsset } from "../assets.ts";
import type { StartImage } from "../images/ladder.ts";
import type { Report } from "../report/report.ts";
import { runReport, skippedReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import { contextVariables } from "../task/context.ts";
import type { TaskRequest } from "../task/request.ts";
import { runTask } from "../task/task.ts";
import { commentOn } from "./comment.ts";
import { imageFor } from "./image.ts";
import { whyNotPermitted } from "./permission.ts";
import { prepare } from "./prepare.ts";
import { publishLayers, worthPublishing } from "./publish.ts";
import type { Runtime } from "./runtime.ts";

/** `mode: run`: restores or builds the image, runs the task in it, publishes what was built. */
export async function run(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const forbidden = await whyNotPermitted(job, runtime);
  if (forbidden !== undefined) {
    log.notice(`the task is skipped: ${forbidden}`);
    return skippedReport(forbidden);
  }
  const prepared = await prepare(job, runtime);
  const wish = { start: true, sendTo: undefined, mustBuild: false };
  const image = await imageFor(job, prepared, wish, runtime);
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  const rung = image.outcomes.findLast(({ layer }) => image.provides.has(layer.name));
  log.info(`starting from the ${rung?.layer.title ?? "base image"}: ${image.reference}`);
  if (missing.length > 0) {
    log.info(`to be installed at task start: ${missing.map(({ title }) => title).join(", ")}`);
  }
  // beside the task: never before it, and never because of how it ends
  const publishing = publishLayers(worthPublishing(image), job.settings.rebuild, prepared, runtime);
  const request = await taskRequest(job, image, missing, runtime);
  const [result, published] = await Promise.all([runTask(request, runtime), publishing]);
  for (const warning of result.warnings) {
    log.warning(warning);
  }
  await commentOn(job, { ...result, image }, runtime);
  return runReport({ planned: prepared, image, result, published, spans: timeline.spans() });
}

async function taskRequest(
  job: Job,
  image: StartImage,
  missing: TaskRequest["missing"],
  runtime: Runtime,
): Promise<TaskRequest> {
  const { settings } = job;
  return {
    job,
    image: image.reference,
    missing,
    user: userOf(settings.user),
    imageUser: image.user ?? "",
    runId: runtime.runId,
    folder: runtime.folder,
    environment: new Map([
      ...contextVariables(runtime.environment, settings["container-workdir"]),
      ["AGENTS_RUNNER_TASK_ID", runtime.runId],
      ...Object.entries(agentEnvironment(job)),
      ...job.environment,
    ]),
    secrets: new Map(missing.length > 0 ? job.secrets.map(({ id, value }) => [id, value]) : []),
    assets: await taskAssets(settings["headless-desktop"] !== "false"),
    cancelled: runtime.cancelled,
    remember: runtime.remember,
  };
}

/** Undefined for the image's own user. */
function userOf(setting: string): string | undefined {
  if (setting === "runner") {
    return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  }
  return setting === "image" ? undefined : setting;
}

function agentEnvironment({ settings }: Job): Readonly<Record<string, string>> {
  const recording = settings["record-desktop"] ? { AGENTS_RUNNER_RECORD: "1" } : {};
  return settings.agent === undefined
    ? recording
    : { ...agents[settings.agent].environment, ...recording };
}

async function taskAssets(desktop: boolean): Promise<ReadonlyMap<string, string>> {
  const files: [path: string, asset: string][] = [
    ["start.sh", "container/start.sh"],
    ["give.sh", "container/give.sh"],
  ];
  if (desktop) {
    for (const script of ["desktop/start.sh", "desktop/screenshot.sh"]) {
      files.push([script, script]);
    }
  }
  const texts = await Promise.all(
    files.map(async ([path, asset]) => [path, await readAsset(asset)] as const),
  );
  return new Map(texts);
}
