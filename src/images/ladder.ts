import { type Builder, BuildFailed, type Parent } from "../build/build.ts";
import type { Content } from "../layers/content.ts";
import type { Layer, LayerOptions } from "../layers/layer.ts";
import { planLayers } from "../layers/plan.ts";
import type { Log } from "../log/log.ts";
import { duration } from "../log/text.ts";
import type { Timeline } from "../log/timeline.ts";
import { reasonOf, Trouble } from "../log/trouble.ts";
import type { Base } from "./base.ts";
import { built, foundIn, type LayerOutcome, notBuilt, notFound } from "./outcome.ts";
import type { Hit, Store } from "./store.ts";
import { type Expected, expectedOn } from "./verify.ts";

/** What the task starts from. */
export interface StartImage {
  /** A reference that is in the engine, or that the engine can pull (the base's). */
  readonly reference: string;
  /** A store's name, `built`, or `base`. */
  readonly source: string;
  /** The digest it was verified by; undefined for a base that could not be resolved. */
  readonly digest: string | undefined;
  /** The user its commands run as, empty for root; undefined for a base nobody has looked into yet. */
  readonly user: string | undefined;
  /** The contents it has; the rest is installed at task start. */
  readonly provides: ReadonlySet<string>;
  /** One entry for each layer that was looked at, bottom first. */
  readonly outcomes: readonly LayerOutcome[];
}

export interface EnsureTools {
  /** In the order they are asked. */
  readonly stores: readonly Store[];
  readonly builder: Builder;
  /** Where the builder leaves what it built. */
  readonly builtInto: Store;
  /**
   * Why an image that was just built cannot be started; such a one is not kept. Undefined where what is built never
   * comes to this engine.
   */
  readonly whyNotStarted: ((image: Hit, layer: Layer) => Promise<string | undefined>) | undefined;
  readonly log: Log;
  readonly timeline: Timeline;
  /** The base as something to build on. */
  readonly baseParent: () => Promise<Parent>;
  /** Why the engine's own older image of this layer is another one, for the "miss" line. */
  readonly explainMiss: (layer: Layer) => Promise<string | undefined>;
}

export interface EnsureOptions extends LayerOptions {
  /** `on-cache-error`: whether trouble with a store ends the run. */
  readonly failOnTrouble: boolean;
  /** Whether a failed build ends the run, instead of moving one rung. */
  readonly failOnBuild: boolean;
  /**
   * Bring what a store has into the engine. Without it (nothing is going to be started) look only; what
   * is built on is brought all the same where no builder can fetch it.
   */
  readonly fetch: boolean;
  /** Build every layer, whoever has it. */
  readonly rebuild: boolean;
}

/** A store or a build failed where that is not tolerated. */
export class CacheError extends Trouble {}

/**
 * The ladder: restores top-down, builds bottom-up what is missing. A layer that cannot be built is
 * left out, which moves one rung: the others are planned anew without it, so a failed desktop still
 * leaves an env image on the base, and a failed env starts from the desktop.
 *
 * @throws CacheError when failures are not tolerated
 */
export async function ensureImage(
  base: Base,
  contents: readonly Content[],
  options: EnsureOptions,
  tools: EnsureTools,
): Promise<StartImage> {
  const outcomes = new Map<string, LayerOutcome>();
  let wanted = contents;
  for (;;) {
    const layers = planLayers(base.identity, wanted, options);
    const reached = await climb(layers, base, options, tools, outcomes);
    if (reached.failed === undefined) {
      const top = layers.at(-1);
      return {
        reference: reached.image?.reference ?? base.reference,
        source: top === undefined ? "base" : sourceOf(outcomes.get(top.name)),
        digest: reached.image?.digest ?? base.digest,
        user: reached.image?.user,
        provides: new Set(layers.map((layer) => layer.name)),
        outcomes: contents.flatMap(({ name }) => outcomes.get(name) ?? []),
      };
    }
    const { name } = reached.failed;
    wanted = wanted.filter((content) => content.name !== name);
  }
}

function sourceOf(outcome: LayerOutcome | undefined): StartImage["source"] {
  if (outcome === undefined || outcome.source === "none" || outcome.source === "failed") {
    throw new Error("the ladder ended on a layer that is not there");
  }
  return outcome.source;
}

interface Reached {
  readonly image?: Hit | undefined;
  readonly failed?: Layer;
}

/** One attempt with a given list of layers: ends on the top one, or at the first that fails. */
async function climb(
  layers: readonly Layer[],
  base: Base,
  options: EnsureOptions,
  tools: EnsureTools,
  outcomes: Map<string, LayerOutcome>,
): Promise<Reached> {
  const expected = expectedOn(base);
  const missing: Layer[] = [];
  let image: Hit | undefined;
  for (const layer of [...layers].reverse()) {
    const before = outcomes.get(layer.name);
    const builtHere = before?.source === "built" && before.layer.key === layer.key;
    if (options.rebuild && !builtHere) {
      outcomes.set(layer.name, notFound(layer, "rebuild was asked for"));
    } else {
      const isParent = missing.length > 0;
      image = await restore(layer, expected, isParent, options, tools, outcomes);
    }
    if (image !== undefined) {
      break;
    }
    missing.unshift(layer);
  }
  for (const layer of missing) {
    const parent = image === undefined ? await tools.baseParent() : image.parent;
    try {
      image = await build(layer, parent, expected, tools, outcomes);
    } catch (error) {
      if (!(error instanceof BuildFailed)) {
        throw error;
      }
      const message = `the ${layer.title} could not be built: ${error.message}`;
      if (options.failOnBuild) {
        throw new CacheError(message);
      }
      tools.log.warning(`${message}; what it lacks is installed at task start instead`);
      return { failed: layer };
    }
  }
  return { image };
}

async function restore(
  layer: Layer,
  expected: Expected,
  isParent: boolean,
  options: EnsureOptions,
  tools: EnsureTools,
  outcomes: Map<string, LayerOutcome>,
): Promise<Hit | undefined> {
  const { log, timeline, stores } = tools;
  const before = outcomes.get(layer.name);
  const span = timeline.start(`restore ${layer.name}`);
  const reasons: string[] = [];
  for (const [index, store] of stores.entries()) {
    const bring = options.fetch || (isParent && !store.servesBuilders);
    const look = bring ? store.restore : store.probe;
    const found = await look(layer, expected);
    if (found.hit) {
      const later = options.fetch ? stores.slice(index + 1) : [];
      const newer = await findNewer(layer, expected, found, later);
      const from = newer?.store ?? store;
      const hit = newer?.hit ?? found;
      const ms = span.end();
      log.info(`${layer.title}: found in ${from.title} in ${duration(ms)}`);
      log.info(`  ${layer.reference}`);
      // what an earlier attempt built or fetched came from there, though it is local by now
      const known = before?.layer.key === layer.key && before.digest !== undefined;
      outcomes.set(layer.name, known ? before : foundIn(from, layer, { digest: hit.digest, ms }));
      return hit;
    }
    if (found.trouble) {
      if (options.failOnTrouble) {
        throw new CacheError(found.why);
      }
      log.warning(found.why);
    }
    reasons.push(found.why);
  }
  span.end();
  const changed = await tools.explainMiss(layer);
  const why = [...reasons, ...(changed === undefined ? [] : [changed])].join("; ");
  log.info(`${layer.title}: not found (${why})`);
  log.info(`  ${layer.reference}`);
  outcomes.set(layer.name, notFound(layer, why));
  return undefined;
}

/** A rebuild publishes a newer image under the same key; an engine that keeps images would miss it. */
async function findNewer(
  layer: Layer,
  expected: Expected,
  found: Hit,
  later: readonly Store[],
): Promise<{ store: Store; hit: Hit } | undefined> {
  for (const store of later) {
    const hit = await store.newer?.(layer, expected, found);
    if (hit !== undefined) {
      return { store, hit };
    }
  }
  return undefined;
}

async function build(
  layer: Layer,
  parent: Parent,
  expected: Expected,
  tools: EnsureTools,
  outcomes: Map<string, LayerOutcome>,
): Promise<Hit> {
  const { log, timeline } = tools;
  const span = timeline.start(`build ${layer.name}`);
  const why = outcomes.get(layer.name)?.why ?? "";
  try {
    await log.group(`Build the ${layer.title} on ${parent.reference}`, () =>
      log.untrusted((output) => tools.builder.build(layer, parent, output)),
    );
    // the builder said it was done: what is there now must be what was asked for
    const found = await tools.builtInto.probe(layer, expected);
    if (!found.hit) {
      throw new BuildFailed(`the build ended well, but ${found.why}`, "");
    }
    const wrong = await tools.whyNotStarted?.(found, layer);
    if (wrong !== undefined) {
      throw new BuildFailed(`the build ended well, but its image cannot be started: ${wrong}`, "");
    }
    const ms = span.end();
    log.info(`${layer.title}: built in ${duration(ms)}`);
    outcomes.set(layer.name, built(layer, { digest: found.digest, why, ms }));
    return found;
  } catch (error) {
    const ms = span.end();
    outcomes.set(layer.name, notBuilt(layer, reasonOf(error), ms));
    throw error;
  }
}
