import { bringingParents } from "../build/bring-parent.ts";
import { type Builder, layerBuilder, type Parent } from "../build/build.ts";
import { chooseBuilder } from "../build/builder-choice.ts";
import { noBuilder } from "../build/no-builder.ts";
import { withAdvice } from "../engine/advice.ts";
import type { Base } from "../images/base.ts";
import {
  type BaseWish,
  baseParent,
  bringBase,
  localParent,
  pullBase,
} from "../images/base-in-engine.ts";
import { labelsOfBase } from "../images/base-memory.ts";
import { CacheError, ensureImage, type StartImage } from "../images/ladder.ts";
import type { LayerOutcome } from "../images/outcome.ts";
import { whyNotStarted } from "../images/starts.ts";
import type { Hit, Store } from "../images/store.ts";
import { explainMiss } from "../images/why-a-miss.ts";
import type { Layer } from "../layers/layer.ts";
import { fits, type Platform } from "../registry/documents.ts";
import type { Job } from "../settings/load.ts";
import { runLabel } from "../task/container-spec.ts";
import { baseWish, type Prepared } from "./prepare.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/** What a mode needs of its image beside what the settings say. */
export interface ImageWish {
  /** Something is going to be started from it: bring it into the engine. */
  readonly start: boolean;
  /** The store that what is built is sent to, straight from the builder; undefined: into the engine. */
  readonly sendTo: Store | undefined;
  /** The image is what the run is for: a build that fails ends it. */
  readonly mustBuild: boolean;
  /** An image was set aside: what is built instead takes nothing from the builder's cache, which may be at fault. */
  readonly noCache?: boolean;
}

/** Restores or builds the image, as high on the ladder as it goes. */
export async function imageFor(
  job: Job,
  prepared: Prepared,
  wish: ImageWish,
  runtime: Runtime,
): Promise<StartImage> {
  const { engine, log, redactor, timeline } = runtime;
  const { base, stores } = prepared;
  const { settings } = job;
  if (base === undefined) {
    return unresolvedBase(job, prepared, wish, runtime);
  }
  const [local] = stores;
  const { sendTo } = wish;
  const found = await ensureImage(
    base,
    prepared.contents,
    {
      ...prepared.layerOptions,
      failOnTrouble: settings["on-cache-error"] === "fail",
      failOnBuild: wish.mustBuild || settings["on-cache-error"] === "fail",
      fetch: wish.start,
      rebuild: settings.rebuild,
    },
    {
      // a builder elsewhere sees nothing of this engine's
      stores: sendTo === undefined ? stores : stores.filter((store) => store !== local),
      builtInto: sendTo ?? (local as Store),
      builder: builderFor(job, base, wish, runtime),
      // what a builder sends straight to a registry is not in this engine, and is not pulled for this alone
      whyNotStarted:
        sendTo === undefined ? startCheck(job, base.platform, wish, runtime) : undefined,
      log,
      timeline,
      baseParent: () => baseParent(engine, base),
      explainMiss: (layer) => explainMiss(engine, layer),
    },
  );
  if (runtime.cancelled.aborted) {
    throw new Cancelled();
  }
  const why = (outcome: LayerOutcome) => redactor.redact(outcome.why);
  const outcomes = found.outcomes.map((outcome) => ({ ...outcome, why: why(outcome) }));
  const image = { ...found, outcomes };
  if (wish.start && image.source === "base") {
    const { reference, platform } = base;
    const user = await baseUser({ ...baseWish(job, runtime), reference, platform }, runtime);
    return { ...image, user };
  }
  return image;
}

/** An image that cannot be started loses its name, or every later run would find it. */
function startCheck(
  { settings }: Job,
  platform: Platform,
  { start }: ImageWish,
  { engine, cancelled, runId }: Runtime,
) {
  return async ({ reference }: Hit, layer: Layer): Promise<string | undefined> => {
    if (!start && !fits(platform, await engine.platform())) {
      return undefined; // prebuilt for other machines: that it does not run on this one says nothing
    }
    const wrong = await whyNotStarted(engine, reference, {
      label: `${runLabel}=${runId}`,
      limitMs: settings["build-timeout"] * 60_000,
      signal: cancelled,
    });
    if (wrong !== undefined) {
      await engine.images.remove(layer.reference);
    }
    return wrong && withAdvice(wrong);
  };
}

/**
 * Without its build secrets a layer is not built at all: its key says that it had them, and later runs would take it
 * for that.
 */
function builderFor(
  job: Job,
  base: Base,
  { sendTo, noCache = job.settings.rebuild }: ImageWish,
  runtime: Runtime,
): Builder {
  const { engine, engineContext, log, login, redactor, folder, cancelled, proxies } = runtime;
  const { settings, secrets, withheld } = job;
  if (withheld !== undefined) {
    return noBuilder(`its build secrets are not given, because ${withheld}`);
  }
  const builder = layerBuilder({
    cli: engine.cli,
    builds: engine.builds,
    engineContext,
    choose: () =>
      chooseBuilder(engine.cli, settings.builder, engineContext, (message) => log.warning(message)),
    login,
    notice: (message) => log.notice(message),
    platform: settings.platform,
    basePlatform: base.platform,
    labels: labelsOfBase(settings["base-image"], base),
    limitMs: settings["build-timeout"] * 60_000,
    temp: folder,
    cacheVersion: settings["cache-version"],
    secrets,
    certificates: job.certificates,
    proxies,
    redact: redactor.redact,
    noCache,
    pushTo: sendTo?.pushTo,
    signal: cancelled,
  });
  // what is sent from a builder elsewhere is not built by the engine's own
  return sendTo === undefined
    ? bringingParents(builder, (name) => parentBy(name, base, job, runtime))
    : builder;
}

/** A layer's parent, pulled by the engine and named so that its own builder has it from there. */
async function parentBy(
  reference: string,
  { platform }: Base,
  job: Job,
  runtime: Runtime,
): Promise<Parent | undefined> {
  const { images } = runtime.engine;
  const refused = await pullBase(runtime.engine, {
    ...baseWish(job, runtime),
    reference,
    platform,
  });
  return refused === undefined ? localParent(images, reference) : undefined;
}

/** Without the base's digest there is no key: the task starts from the base as it is named. */
async function unresolvedBase(
  job: Job,
  { contents, unresolved, refused }: Prepared,
  wish: ImageWish,
  runtime: Runtime,
): Promise<StartImage> {
  const { settings } = job;
  const message = `the base image could not be resolved, so nothing is cached in this run: ${unresolved}`;
  if (wish.mustBuild || settings["on-cache-error"] === "fail") {
    throw new CacheError(message);
  }
  if (contents.some(({ cached }) => cached)) {
    runtime.log.warning(message);
  }
  const user = await baseUser({ ...baseWish(job, runtime), refused }, runtime);
  return {
    reference: settings["base-image"],
    source: "base",
    digest: undefined,
    user,
    provides: new Set(),
    outcomes: [],
  };
}

/** Sees to it that the base is in the engine; answers its user. */
async function baseUser(wish: BaseWish, { engine, timeline }: Runtime): Promise<string> {
  const { user } = await timeline.measure("bring base", () => bringBase(engine, wish));
  return user;
}
