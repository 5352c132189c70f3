import { type Content, type Layer, type LayerOptions, planLayers } from "../build/layers.ts";
import { type Base, resolveBase, UnresolvedBase } from "../images/base.ts";
import { startBudget } from "../images/budget.ts";
import { credentialsFor } from "../images/credentials.ts";
import { localStore } from "../images/local-store.ts";
import { registryClient } from "../images/registry-client.ts";
import { registryStore } from "../images/registry-store.ts";
import type { Store } from "../images/store.ts";
import type { Job } from "../settings/load.ts";
import { contentsOf } from "./content.ts";
import type { Runtime } from "./runtime.ts";

/** What every mode begins with: what is needed, on which base, and where images may be. */
export interface Prepared {
  readonly contents: readonly Content[];
  /** Undefined when it could not be resolved; `why` then says so. */
  readonly base: Base | undefined;
  readonly unresolved: string | undefined;
  readonly layers: readonly Layer[];
  readonly layerOptions: LayerOptions;
  /** In the order they are asked. */
  readonly stores: readonly Store[];
}

/** All requests to registries together: a cold start is never delayed by more than this. */
const registryBudgetMs = 30_000;

/** From the job to the plan: resolves the base image and names the layers. */
export async function prepare(job: Job, runtime: Runtime): Promise<Prepared> {
  const { settings } = job;
  const { docker, environment, log, timeline } = runtime;
  const client = registryClient({
    credentials: (registry) => credentialsFor(registry, environment),
    budget: startBudget(registryBudgetMs),
  });
  const contents = await contentsOf(job);
  let base: Base | undefined;
  let unresolved: string | undefined;
  try {
    base = await timeline.measure("resolve base", () =>
      resolveBase(
        {
          reference: settings["base-image"],
          platform: settings.platform,
          pull: settings.pull,
        },
        { docker, registry: client, warn: (message) => log.warning(message) },
      ),
    );
  } catch (error) {
    if (!(error instanceof UnresolvedBase)) {
      throw error;
    }
    unresolved = error.message;
  }
  const layerOptions = {
    cacheVersion: settings["cache-version"],
    secrets: job.secrets.map(({ id }) => id),
  };
  const registry = settings.registry?.toLowerCase();
  return {
    contents,
    base,
    unresolved,
    layers: base === undefined ? [] : planLayers(base.identity, contents, layerOptions),
    layerOptions,
    stores: [
      localStore(docker),
      ...(registry === undefined
        ? []
        : [
            registryStore({
              registry,
              docker,
              client,
              limitMs: settings["build-timeout"] * 60_000,
              signal: runtime.cancelled,
            }),
          ]),
    ],
  };
}
