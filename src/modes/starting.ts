import { join } from "node:path";
import { CacheError, type StartImage } from "../images/ladder.ts";
import { without } from "../images/set-aside.ts";
import { isOfImage, whyNotStarted } from "../images/starts.ts";
import type { PublishedLayers } from "../images/store.ts";
import type { Content } from "../layers/content.ts";
import type { Platform } from "../registry/documents.ts";
import type { Job } from "../settings/load.ts";
import { runLabel } from "../task/container-spec.ts";
import { imageFor } from "./image.ts";
import type { Prepared } from "./prepare.ts";
import { publishLayers, worthPublishing } from "./publish.ts";
import { type Runtime, toolsFolder } from "./runtime.ts";

/** What a task starts from, and what follows from that. */
export interface Starting {
  readonly image: StartImage;
  /** To be installed at task start, with the files it needs. */
  readonly missing: readonly Content[];
  /** Beside the task: never before it, and never because of how it ends. */
  readonly publishing: Promise<PublishedLayers>;
  /** Digests of images that were found and cannot be started. */
  readonly setAside: ReadonlySet<string>;
}

/** Finds or builds the image to start from, and begins to publish what was built. */
export async function beginStarting(
  job: Job,
  prepared: Prepared,
  runtime: Runtime,
  setAside: ReadonlySet<string> = new Set(),
): Promise<Starting> {
  const { log } = runtime;
  const isSecond = setAside.size > 0;
  const stores = isSecond ? without(setAside, prepared.stores) : prepared.stores;
  const image = await imageFor(
    job,
    { ...prepared, stores },
    { start: true, sendTo: undefined, mustBuild: false, ...(isSecond && { noCache: true }) },
    runtime,
  );
  const missing = prepared.contents.filter(({ name }) => !image.provides.has(name));
  log.info(`starting from the ${topOf(image)?.title ?? "base image"}: ${image.reference}`);
  if (missing.length > 0) {
    log.info(`to be installed at task start: ${missing.map(({ title }) => title).join(", ")}`);
  }
  // what a store has under the key is what could not be started
  const replace = job.settings.rebuild || isSecond;
  const publishing = publishLayers(worthPublishing(image), replace, prepared, runtime);
  const platform = async () => prepared.base?.platform ?? runtime.engine.platform();
  const fetched = await withFetched(missing, join(runtime.folder, toolsFolder), platform);
  return { image, missing: fetched, publishing, setAside };
}

/** Whether a store had the image: one that was built has been seen to start, and of the base there is no other. */
export function isFromStore({ source }: StartImage): boolean {
  return source !== "built" && source !== "base";
}

/** Why the image cannot be started, by a container that is as plain as can be; undefined where it is not its fault. */
export async function whyNotFrom(
  { reference }: StartImage,
  { settings }: Job,
  { engine, runId, cancelled }: Runtime,
): Promise<string | undefined> {
  const refusal = await whyNotStarted(engine, reference, {
    label: `${runLabel}=${runId}`,
    limitMs: settings["build-timeout"] * 60_000,
    signal: cancelled,
  });
  return refusal && isOfImage(refusal) ? refusal.reason : undefined;
}

/**
 * One rung down from an image that cannot be started: what it had is looked for elsewhere, built anew or installed at
 * task start.
 *
 * @throws CacheError when failures are not tolerated
 */
export async function startElsewhere(
  { image, setAside }: Starting,
  why: string,
  job: Job,
  prepared: Prepared,
  runtime: Runtime,
): Promise<Starting> {
  const { engine, log, redactor } = runtime;
  const layer = topOf(image);
  const from = prepared.stores.find(({ name }) => name === image.source)?.title;
  const what = `the ${layer?.title} from ${from} cannot be started: ${redactor.redact(why)}`;
  if (job.settings["on-cache-error"] === "fail") {
    throw new CacheError(what);
  }
  log.warning(`${what}; it is not used, and what it has is built anew or installed at task start`);
  if (layer !== undefined) {
    await engine.images.remove(layer.reference); // or every later run would find it
  }
  const further = new Set([...setAside, image.digest ?? image.reference]);
  return beginStarting(job, prepared, runtime, further);
}

function topOf({ outcomes, provides }: StartImage) {
  return outcomes.findLast(({ layer }) => provides.has(layer.name))?.layer;
}

/** Contents with the files that their scripts may need, now that they are going to be run. */
async function withFetched(
  contents: readonly Content[],
  folder: string,
  platform: () => Promise<Platform>,
): Promise<readonly Content[]> {
  return Promise.all(
    contents.map(async (content) =>
      content.fetch === undefined
        ? content
        : {
            ...content,
            files: [...content.files, ...(await content.fetch(folder, await platform()))],
          },
    ),
  );
}
