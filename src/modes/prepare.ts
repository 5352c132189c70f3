import type { Refusal } from "../engine/words.ts";
import { type Base, resolveBase, UnresolvedBase } from "../images/base.ts";
import { type BaseWish, pullBase } from "../images/base-in-engine.ts";
import {
  firstRemembered,
  rememberedInEngine,
  rememberedInRegistry,
} from "../images/base-memory.ts";
import type { Store } from "../images/store.ts";
import type { Content } from "../layers/content.ts";
import type { Layer, LayerOptions } from "../layers/layer.ts";
import { planLayers } from "../layers/plan.ts";
import { contentsOf } from "../layers/rules.ts";
import { partOf, startBudget } from "../registry/budget.ts";
import type { RegistryClient } from "../registry/client.ts";
import { parsePlatform } from "../registry/documents.ts";
import { keyOutputs } from "../report/outputs.ts";
import type { Job } from "../settings/load.ts";
import { registriesOf } from "./registries.ts";
import type { Runtime } from "./runtime.ts";
import { cacheMemory, registryName, storesOf } from "./stores.ts";

/** What every mode begins with: what is needed, on which base, and where images may be. */
export interface Prepared {
  /** The base image as the setting names it. */
  readonly baseImage: string;
  readonly contents: readonly Content[];
  /** Undefined when it could not be resolved; `unresolved` then says why. */
  readonly base: Base | undefined;
  readonly unresolved: string | undefined;
  /** What the engine said when it was asked for the base as well. */
  readonly refused?: Refusal | undefined;
  readonly layers: readonly Layer[];
  readonly layerOptions: LayerOptions;
  /** In the order they are asked; the engine's own comes first. */
  readonly stores: readonly Store[];
}

/** All requests to registries together: a cold start is never delayed by more than this. */
const registryBudgetMs = 30_000;
/** The base's own registry, so that one that hangs leaves time for the one that may have the finished image. */
const baseBudgetMs = 20_000;

/** From the job to the plan: resolves the base image, names the layers, and chooses the stores. */
export async function prepare(job: Job, runtime: Runtime): Promise<Prepared> {
  const { settings } = job;
  const { engine, log, timeline } = runtime;
  const budget = startBudget(registryBudgetMs);
  const client = registriesOf(runtime, budget);
  const warn = (message: string) => log.warning(message);
  const { cancelled: signal, authorities } = runtime;
  const contents = await contentsOf(job, { warn, signal, authorities });
  let base: Base | undefined;
  let unresolved: string | undefined;
  let refused: Refusal | undefined;
  try {
    base = await timeline.measure("resolve base", () =>
      resolveBase(
        {
          reference: settings["base-image"],
          platform: settings.platform,
          pull: settings.pull,
        },
        {
          ...{ engine, registry: client, warn },
          budget: partOf(budget, baseBudgetMs),
          remembered: baseMemory(job, contents, client, runtime),
          // a plan pulls nothing
          ...(settings.mode !== "plan" && { pull: () => pullBase(engine, baseWish(job, runtime)) }),
        },
      ),
    );
  } catch (error) {
    if (!(error instanceof UnresolvedBase)) {
      throw error;
    }
    unresolved = runtime.redactor.redact(error.message);
    refused = error.refused;
  }
  const layerOptions = {
    cacheVersion: settings["cache-version"],
    secrets: job.secretIds,
  };
  const layers = base === undefined ? [] : planLayers(base.identity, contents, layerOptions);
  runtime.known({ "base-digest": base?.digest ?? "", ...keyOutputs(layers) });
  return {
    baseImage: settings["base-image"],
    contents,
    base,
    unresolved,
    refused,
    layers,
    layerOptions,
    stores: storesOf({ job, base, client, runtime }),
  };
}

/** The base as it is named, for who pulls it. */
export function baseWish({ settings }: Job, { login }: Runtime): BaseWish {
  return {
    reference: settings["base-image"],
    pull: settings.pull,
    platform: settings.platform === undefined ? undefined : parsePlatform(settings.platform),
    limitMs: settings["build-timeout"] * 60_000,
    login,
  };
}

/** What the stores that are asked first know of the base; the top layer is the likeliest to be there. */
function baseMemory(
  job: Job,
  contents: readonly Content[],
  client: RegistryClient,
  runtime: Runtime,
) {
  const registry = registryName(job);
  const inCache = cacheMemory(job, runtime);
  const names = contents.filter(({ cached }) => cached).map(({ name }) => name);
  return firstRemembered([
    rememberedInEngine(runtime.engine),
    ...(registry === undefined ? [] : [rememberedInRegistry(registry, client, names.reverse())]),
    ...(inCache === undefined ? [] : [inCache]),
  ]);
}

/** The plan in a few lines of the log: what the run is going to look for. */
export function tellPlan({ baseImage, base, layers }: Prepared, { log }: Runtime): Promise<void> {
  return log.group("Plan", async () => {
    log.info(`base image: ${baseImage}, ${base?.digest ?? "not resolved"}`);
    for (const { title, key } of layers) {
      log.info(`${title}: ${key}`);
    }
  });
}
