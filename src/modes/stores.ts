import { type BaseFacts, rememberedInActionsCache } from "../images/actions-cache/base-entry.ts";
import { openEntries } from "../images/actions-cache/session.ts";
import { actionsCacheStore } from "../images/actions-cache/store.ts";
import type { Base } from "../images/base.ts";
import { baseTag, labelsOfBase, type RememberBase } from "../images/base-memory.ts";
import { localStore } from "../images/local.ts";
import { registryStore } from "../images/registry.ts";
import type { Store } from "../images/store.ts";
import { parseReference, type Reference } from "../keys/reference.ts";
import { decideCache } from "../policy/cache.ts";
import { decidePush } from "../policy/push.ts";
import type { BlobClient } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { Job } from "../settings/load.ts";
import { runLabel } from "../task/container-spec.ts";
import type { Runtime } from "./runtime.ts";

/** Everything a store may want to know of the run. */
interface StoreNeeds {
  readonly job: Job;
  readonly base: Base | undefined;
  readonly client: RegistryClient & BlobClient;
  readonly runtime: Runtime;
}

/** The stores there are, in the order they are asked. A further one is one more line. */
const makers: readonly ((needs: StoreNeeds) => Store | undefined)[] = [
  ({ runtime }) => localStore(runtime.engine),
  registry,
  actionsCache,
];

/** Where this run's images may be, in the order they are asked; the engine's own come first. */
export function storesOf(needs: StoreNeeds): readonly Store[] {
  return makers.flatMap((make) => make(needs) ?? []);
}

function registry({ job, base, client, runtime }: StoreNeeds): Store | undefined {
  const { settings } = job;
  const name = registryName(job);
  if (name === undefined) {
    return undefined;
  }
  const { push, why } = decidePush(settings.push, name, runtime.event);
  return registryStore({
    registry: name,
    policy: { write: push, why },
    baseTag:
      base?.named && baseTag(parseReference(settings["base-image"]) as Reference, base.platform),
    engine: runtime.engine,
    client,
    login: runtime.login,
    limitMs: settings["build-timeout"] * 60_000,
    signal: runtime.cancelled,
  });
}

function actionsCache({ job, base, client, runtime }: StoreNeeds): Store | undefined {
  const { settings } = job;
  const { push } = decidePush(settings.push, registryName(job), runtime.event);
  const { environment, event, log } = runtime;
  const decision = decideCache(settings["actions-cache"], environment, push, event);
  const { read, write, why, warning } = decision;
  if (warning !== undefined) {
    log.warning(warning);
  }
  if (!read && !write) {
    return undefined;
  }
  const image = base === undefined || base.local ? undefined : parseReference(base.reference);
  const sizes = new Map(base?.layers?.map(({ digest, size }) => [digest, size]));
  return actionsCacheStore({
    engine: runtime.engine,
    folder: runtime.folder,
    environment,
    authorities: runtime.authorities,
    read,
    write,
    why,
    base: image && { image, sizes, client },
    facts: base && factsOf(settings["base-image"], base),
    runId: runtime.runId,
    label: `${runLabel}=${runtime.runId}`,
    limitMs: settings["build-timeout"] * 60_000,
    signal: runtime.cancelled,
    notice: (message) => log.notice(message),
  });
}

/** What is kept of a base that has a registry, so that a run finds it which cannot ask that. */
function factsOf(name: string, base: Base): BaseFacts | undefined {
  const labels = labelsOfBase(name, base);
  const reference = parseReference(name);
  return reference === undefined || Object.keys(labels).length === 0
    ? undefined
    : { tag: baseTag(reference, base.platform), labels };
}

/** What the Actions cache knows of a base, where this run may read it. */
export function cacheMemory(job: Job, runtime: Runtime): RememberBase | undefined {
  const { environment, event, folder, authorities, cancelled: signal } = runtime;
  const { settings } = job;
  const { push } = decidePush(settings.push, registryName(job), event);
  const { read } = decideCache(settings["actions-cache"], environment, push, event);
  const open = () => openEntries({ folder, environment, authorities, signal });
  return read ? rememberedInActionsCache(open) : undefined;
}

/** Image names are lower case; `github.repository` may not be. */
export function registryName({ settings }: Job): string | undefined {
  return settings.registry?.toLowerCase();
}
