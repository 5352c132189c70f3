import type { Engine } from "../../engine/engine.ts";
import type { Layer } from "../../layers/layers.ts";
import { reasonOf } from "../../log/trouble.ts";
import { type RegistryStoreOptions, registryStore } from "../registry.ts";
import { absent, type Hit, type Lookup, type Published, type Store, trouble } from "../store.ts";
import type { Expected } from "../verify.ts";
import { archiveStore } from "./archive-store.ts";
import type { BaseBlobs } from "./blobs/base-blobs.ts";
import { cacheClient } from "./cache-client.ts";
import { checkImage } from "./check-image.ts";
import { saveImage } from "./image/save-image.ts";
import type { Served } from "./loopback/serving.ts";
import { beginSession, type CacheSession } from "./session.ts";

export interface ActionsCacheOptions {
  readonly engine: Engine;
  /** The run's own folder. */
  readonly folder: string;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly read: boolean;
  readonly write: boolean;
  /** What the base's own registry serves; undefined where the base is only in this engine. */
  readonly base: BaseBlobs | undefined;
  /** Begins our registry's part of image names, so that `post` finds them when this process is killed. */
  readonly runId: string;
  /** `name=value` that marks the run's containers. */
  readonly label: string;
  /** A pull or push never takes longer than a build may. */
  readonly limitMs: number;
  /** Without progress for so long, the cache is given up for this run; a minute unless given. */
  readonly stallMs?: number;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
  /** The worker's program, if it is not the one beside this. */
  readonly workerEntry?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether the engine is out of our loopback's reach; told by the engine's address unless given. */
  readonly remote?: boolean;
}

/**
 * Images in the Actions cache: the registry store, pointed at a registry of our own that keeps its
 * blobs there. The engine's push and pull do the work, layer by layer, and skip what is there.
 */
export function actionsCacheStore(options: ActionsCacheOptions): Store {
  let begun: Promise<CacheSession> | undefined;
  const session = () => {
    begun ??= beginSession(options);
    return begun;
  };
  return {
    name: "actions-cache",
    probe: (layer, expected) =>
      tolerant(options, async () => probe(options, await session(), layer, expected)),
    restore: (layer, expected) =>
      tolerant(options, async () => restore(options, await session(), layer, expected)),
    ...(options.write && {
      publish: async (layer: Layer, expected: Expected, replace: boolean) => {
        try {
          return await publish(options, await session(), layer, expected, replace);
        } catch (error) {
          return { outcome: "failed", why: reasonOf(error), store: "actions-cache" };
        }
      },
    }),
  };
}

/** A full disk, an engine that does not answer: whatever it is, there are other ways to an image. */
async function tolerant(
  { read }: ActionsCacheOptions,
  look: () => Promise<Lookup>,
): Promise<Lookup> {
  if (!read) {
    return notRead;
  }
  try {
    return await look();
  } catch (error) {
    return trouble(`the Actions cache is not used: ${reasonOf(error)}`);
  }
}

/** To look into the cache takes no registry, only a name for it. */
const noAddress = "localhost/actions-cache";

const notRead = absent("the Actions cache is not read in this job");

/** The registry store at our own registry's address. */
function through(
  options: ActionsCacheOptions,
  session: CacheSession,
  registry: string,
  check?: RegistryStoreOptions["check"],
  engineIsAsked = () => {},
): Store {
  const { engine, limitMs, signal } = options;
  const client = cacheClient(session);
  const login = async () => engineIsAsked(); // where another registry would want one
  const own = { registry, engine, client, login, limitMs, signal };
  return registryStore(check === undefined ? own : { ...own, check });
}

async function restore(
  options: ActionsCacheOptions,
  session: CacheSession,
  layer: Layer,
  expected: Expected,
): Promise<Lookup> {
  const { engine, label } = options;
  if (session.remote) {
    return archiveStore(options, session).restore(layer, expected);
  }
  return session.registry.use(async ({ address, contacted }) => {
    let id = "";
    let asked = false;
    const check = async (reference: string) => {
      const checked = await checkImage(engine, reference, layer, expected, label);
      id = checked.id ?? "";
      return checked.wrong;
    };
    const store = through(options, session, address, check, () => {
      asked = true;
    });
    const found = await store.restore(layer, expected);
    if (found.hit) {
      await engine.images.remove(found.reference);
    } else {
      await engine.images.forget(`${address}/${layer.reference.split(":")[0]}`);
    }
    const why = session.blobs.trouble();
    if (!found.hit) {
      await session.blobs.breakOff(); // or the next layer would have to wait for this one's
    }
    await session.blobs.free();
    if (found.hit) {
      return asLocal(found, layer, id);
    }
    if (asked && !contacted()) {
      // it looked as if it were here and is not: in a virtual machine, say, or behind a forwarded socket
      session.remote = true;
      return archiveStore(options, session).restore(layer, expected);
    }
    if (found.trouble && session.entries.failed() === undefined) {
      session.stale.add(layer.key);
    }
    return inWords(found, address, why);
  });
}

async function probe(
  options: ActionsCacheOptions,
  session: CacheSession,
  layer: Layer,
  expected: Expected,
): Promise<Lookup> {
  if (session.remote) {
    return archiveStore(options, session).probe(layer);
  }
  const found = await through(options, session, noAddress).probe(layer, expected);
  if (!found.hit) {
    return inWords(found, noAddress);
  }
  const lost = await missingLayer(session, found.digest);
  if (lost !== undefined) {
    session.stale.add(layer.key);
    const why = `its layer ${lost} is no longer there`;
    return trouble(`${layer.reference} in the Actions cache is not used: ${why}`);
  }
  // as it is called once it is restored
  const { reference } = layer;
  return { ...found, reference, parent: { reference, anywhere: false } };
}

async function publish(
  options: ActionsCacheOptions,
  session: CacheSession,
  layer: Layer,
  expected: Expected,
  replace: boolean,
): Promise<Published> {
  const failed = session.entries.failed();
  if (failed !== undefined) {
    return { outcome: "failed", why: failed, store: "actions-cache" };
  }
  const anew = replace || session.stale.has(layer.key);
  let published: Published | undefined;
  if (!session.remote) {
    published = await session.registry.use(async (registry) => {
      const pushed = await pushAndSave(options, session, registry, layer, expected, anew);
      const unseen = pushed.outcome === "failed" && !registry.contacted();
      session.remote = unseen && !options.signal.aborted;
      return session.remote ? undefined : pushed;
    });
  }
  published ??= await archiveStore(options, session).publish(layer, anew);
  await session.blobs.free();
  if (published.saved !== undefined) {
    const { bytes, entries } = published.saved;
    session.saved = {
      bytes: session.saved.bytes + bytes,
      entries: session.saved.entries + entries,
    };
  }
  return { ...published, store: "actions-cache" };
}

async function pushAndSave(
  options: ActionsCacheOptions,
  session: CacheSession,
  { address, pushed }: Served,
  layer: Layer,
  expected: Expected,
  replace: boolean,
): Promise<Published> {
  const { entries, blobs, folder } = session;
  const sent = await through(options, session, address).publish?.(layer, expected, replace);
  await options.engine.images.remove(`${address}/${layer.reference}`);
  if (sent === undefined || sent.outcome !== "sent") {
    return { outcome: "failed", ...sent, why: withoutAddress(sent?.why ?? "", address) };
  }
  const digest = pushed(layer.reference);
  if (digest === undefined) {
    return { outcome: "failed", why: "the engine sent no manifest" };
  }
  const { now = Date.now, signal } = options;
  const before = session.saved;
  return saveImage(layer, digest, { entries, blobs, folder, now, before, signal });
}

/** The first layer that a whole image would have and that is nowhere to be had. */
async function missingLayer(session: CacheSession, digest: string): Promise<string | undefined> {
  const { blobs, images } = session;
  const wanted = (images.get(digest)?.manifest.layers ?? [])
    .map((layer) => layer.digest)
    .filter((layer) => !blobs.ofBase(layer) && blobs.stored(layer) === undefined);
  const there = await Promise.all(wanted.map((layer) => blobs.inCache(layer)));
  return wanted.find((_, index) => !there[index]);
}

/** A restored image is one of this engine's own. */
function asLocal(found: Hit, layer: Layer, id: string): Hit {
  return {
    ...found,
    reference: id,
    parent: { reference: layer.reference, anywhere: false },
    digest: id,
    digests: [...found.digests, id],
  };
}

/** The registry store's words, without an address that is nobody's business. */
function inWords(found: Lookup, address: string, why?: string): Lookup {
  if (found.hit) {
    return found;
  }
  const because = why === undefined || !found.trouble ? "" : ` (${why})`;
  const said = found.why.replace(/^not in the registry$/, "not in the Actions cache");
  return { ...found, why: `${withoutAddress(said, address)}${because}` };
}

function withoutAddress(text: string, address: string): string {
  const [, secret = address] = address.split("/");
  return text.replaceAll(`${address}/`, "Actions cache: ").replaceAll(secret, "…");
}
