import { readAsset } from "../assets.ts";
import { buildxBuilder } from "../build/build.ts";
import { hasBase, nameForBuild } from "../images/base-in-engine.ts";
import { CacheError, ensureImage, type StartImage } from "../images/ensure.ts";
import { explainMiss } from "../images/explain-miss.ts";
import { inspectImage } from "../images/local-image.ts";

import type { Report } from "../report/report.ts";

import { duration } from "../report/text.ts";
import type { Job } from "../settings/load.ts";
import { contextVariables } from "../task/context-variables.ts";
import { runTask, type TaskRequest } from "../task/task.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { publishBuilt } from "./publish.ts";
import { runReport } from "./run-report.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/** `mode: run`: restores or builds the image, runs the task in it, publishes what was built. */
export async function run(job: Job, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const prepared = await prepare(job, runtime);
  const image = await imageFor(job, prepared, runtime);
  if (runtime.cancelled.aborted) {
    throw new Cancelled();
  }
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  log.info(
    `image: ${image.reference} (${image.source})${
      missing.length === 0
        ? ""
        : `; installed at task start: ${missing.map(({ name }) => name).join(", ")}`
    }`,
  );
  const publishing = publishBuilt(job, image.built, prepared, runtime);
  const request = await taskRequest(job, image, missing, runtime);
  const ready = timeline.spans().reduce((latest, { end }) => Math.max(latest, end), 0);
  log.info(`the task starts after ${duration(ready)}`);
  const result = await runTask(request, runtime);
  const published = await publishing;
  return runReport({ job, prepared, image, result, published, spans: timeline.spans() });
}

async function imageFor(job: Job, prepared: Prepared, runtime: Runtime): Promise<StartImage> {
  const { docker, log, timeline } = runtime;
  const { base, unresolved } = prepared;
  const { settings } = job;
  const limitMs = settings["build-timeout"] * 60_000;
  if (base === undefined) {
    const message = `the base image could not be resolved, so nothing is cached in this run: ${unresolved}`;
    if (settings["on-cache-error"] === "fail") {
      throw new CacheError(message);
    }
    if (prepared.contents.some(({ cached }) => cached)) {
      log.warning(message);
    } else {
      log.info(`base image not resolved: ${unresolved}`);
    }
    const reference = settings["base-image"];
    await timeline.measure("pull base", () =>
      hasBase(docker, { reference, pull: settings.pull, platform: settings.platform, limitMs }),
    );
    return {
      reference,
      source: "base",
      digest: undefined,
      provides: new Set(),
      outcomes: [],
      built: [],
    };
  }
  const image = await ensureImage(
    base,
    prepared.contents,
    { ...prepared.layerOptions, onCacheError: settings["on-cache-error"] },
    {
      stores: prepared.stores,
      builder: buildxBuilder({
        docker,
        builder: settings.builder,
        platform: settings.platform,
        limitMs,
        temp: runtime.folder,
        cacheVersion: settings["cache-version"],
        secrets: job.secrets,
        noCache: settings.rebuild,
        signal: runtime.cancelled,
      }),
      log,
      timeline,
      buildableBase: () => nameForBuild(docker, base),
      explainMiss: (layer) => explainMiss(docker, layer),
    },
  );
  if (image.source === "base" && !base.local) {
    await timeline.measure("pull base", () =>
      hasBase(docker, {
        reference: base.reference,
        pull: settings.pull,
        platform: settings.platform,
        limitMs,
      }),
    );
  }
  return image;
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
