import { actionsCacheStore } from "../images/actions-cache/store.ts";
import { type Base, resolveBase, UnresolvedBase } from "../images/base.ts";
import { localStore } from "../images/local.ts";
import { registryStore } from "../images/registry.ts";
import type { Store } from "../images/store.ts";
import { parseReference } from "../keys/reference.ts";
import { contentsOf } from "../layers/contents.ts";
import { type Content, type Layer, type LayerOptions, planLayers } from "../layers/layers.ts";
import { type CacheDecision, decideCache } from "../policy/cache.ts";
import { decidePush, type PushDecision } from "../policy/push.ts";
import { startBudget } from "../registry/budget.ts";
import { type BlobClient, registryClient } from "../registry/client.ts";
import type { Job } from "../settings/load.ts";
import { runLabel } from "../task/container-spec.ts";
import type { Runtime } from "./runtime.ts";

/** What every mode begins with: what is needed, on which base, and where images may be. */
export interface Prepared {
  readonly contents: readonly Content[];
  /** Undefined when it could not be resolved; `why` then says so. */
  readonly base: Base | undefined;
  readonly unresolved: string | undefined;
  readonly layers: readonly Layer[];
  readonly layerOptions: LayerOptions;
  readonly local: Store;
  /** Where images are shared, in the order they are asked; the engine's own come before them. */
  readonly shared: readonly Store[];
  readonly push: PushDecision;
  /** What this run does with the Actions cache. */
  readonly cache?: CacheDecision;
}

/** All requests to registries together: a cold start is never delayed by more than this. */
const registryBudgetMs = 30_000;

/** From the job to the plan: resolves the base image and names the layers. */
export async function prepare(job: Job, runtime: Runtime): Promise<Prepared> {
  const { settings } = job;
  const { engine, log, timeline } = runtime;
  const client = registryClient({
    credentials: runtime.credentials,
    budget: startBudget(registryBudgetMs),
  });
  const contents = await contentsOf(job, (message) => log.warning(message), runtime.cancelled);
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
        { engine, registry: client, warn: (message) => log.warning(message) },
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
  const registry = registryName(job);
  const push = decidePush(settings.push, registry, runtime.event);
  const cache = decideCache(
    settings["actions-cache"],
    runtime.environment,
    push.push,
    runtime.event,
  );
  if (cache.warning !== undefined) {
    log.warning(cache.warning);
  }
  return {
    contents,
    base,
    unresolved,
    layers: base === undefined ? [] : planLayers(base.identity, contents, layerOptions),
    layerOptions,
    local: localStore(engine),
    shared: [
      ...(registry === undefined
        ? []
        : [
            registryStore({
              registry,
              engine,
              client,
              login: runtime.login,
              limitMs: settings["build-timeout"] * 60_000,
              signal: runtime.cancelled,
            }),
          ]),
      ...(cache.read || cache.write ? [cacheStore(job, base, cache, client, runtime)] : []),
    ],
    push,
    cache,
  };
}

function cacheStore(
  { settings }: Job,
  base: Base | undefined,
  { read, write }: CacheDecision,
  client: BlobClient,
  runtime: Runtime,
): Store {
  const image = base === undefined || base.local ? undefined : parseReference(base.reference);
  const sizes = new Map(base?.layers?.map(({ digest, size }) => [digest, size]));
  return actionsCacheStore({
    engine: runtime.engine,
    folder: runtime.folder,
    environment: runtime.environment,
    read,
    write,
    base: image && { image, sizes, client },
    runId: runtime.runId,
    label: `${runLabel}=${runtime.runId}`,
    limitMs: settings["build-timeout"] * 60_000,
    signal: runtime.cancelled,
    notice: (message) => runtime.log.notice(message),
  });
}

/** Image names are lower case; `github.repository` may not be. */
export function registryName({ settings }: Job): string | undefined {
  return settings.registry?.toLowerCase();
}
