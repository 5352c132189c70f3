import type { Engine } from "../engine/engine.ts";
import { readPushTrouble } from "../engine/push-words.ts";
import type { Refusal } from "../engine/words.ts";
import { parseReference, type Reference } from "../keys/reference.ts";
import { type Layer, repositoryOf } from "../layers/layer.ts";
import { type Budget, startBudget } from "../registry/budget.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type Manifest, parseManifest } from "../registry/documents.ts";
import { RegistryTrouble } from "../registry/trouble.ts";
import { pullAs } from "./pulled.ts";
import { pushAgain } from "./push-again.ts";
import { restoreByEngine } from "./registry-by-engine.ts";
import {
  absent,
  type Hit,
  type Lookup,
  type Published,
  type Store,
  trouble,
  type WritePolicy,
} from "./store.ts";
import { type Verified, verifyDocuments } from "./verified.ts";
import { type Expected, inFull } from "./verify.ts";

export interface RegistryStoreOptions {
  /** Host and path, such as `ghcr.io/owner/name`. */
  readonly registry: string;
  readonly engine: Engine;
  readonly policy: WritePolicy;
  /** A further tag of what is sent, by which the base's digest is found when its own registry does not tell. */
  readonly baseTag?: string | undefined;
  readonly client: RegistryClient;
  /** Makes sure that the docker CLI is logged in; asked before the CLI talks to the registry. */
  readonly login: () => Promise<void>;
  /** A pull or push never takes longer than a build may. */
  readonly limitMs: number;
  /** Ends a pull or push that is under way: the step was cancelled. */
  readonly signal: AbortSignal;
  /** Before a push is tried again, about; a second unless given. */
  readonly pauseMs?: number;
}

/** What a tag of the registry leads to, resolved once: from here on only digests count. */
type Found = Hit & Verified;

/** Images shared through a registry: `<registry>/agent-runner-<layer>:<key>`. */
export function registryStore(options: RegistryStoreOptions): Store {
  const { client, limitMs, signal } = options;
  const { images } = options.engine;

  /** Checks what is behind the tag, before any layer is fetched. @throws RegistryTrouble */
  const ask = async (layer: Layer, expected: Expected): Promise<Found | Lookup> => {
    const { name, image } = nameFor(layer, options.registry);
    const { digest, json } = await client.manifest(image, layer.key);
    const manifest = imageManifest(json);
    return manifest === undefined
      ? trouble(`${name}:${layer.key} is not used: it is not an image manifest`)
      : verify(layer, expected, digest, manifest);
  };

  const look = (layer: Layer, expected: Expected) => ask(layer, expected).catch(notFound);

  const verify = async (
    layer: Layer,
    expected: Expected,
    digest: string,
    manifest: Manifest,
    budget?: Budget,
  ): Promise<Found | Lookup> => {
    const { name, image } = nameFor(layer, options.registry);
    const [config, whole] = await Promise.all([
      client.config(image, manifest.config.digest, budget),
      inFull(expected),
    ]);
    const found = verifyDocuments(digest, manifest, config.json, layer, whole);
    const reference = `${name}@${digest}`;
    return "wrong" in found
      ? trouble(`${name}:${layer.key} is not used: ${found.wrong}`)
      : { ...found, hit: true, reference, parent: { reference, anywhere: true } };
  };

  const pull = async (layer: Layer, found: Found): Promise<Lookup> => {
    const { reference, bytes } = found;
    await options.login();
    const wrong = await pullAs(layer.reference, reference, images, { bytes, limitMs, signal });
    return wrong === undefined ? found : trouble(`${reference} ${wrong}`);
  };

  /** What the engine has of the registry where we get no connection to it. */
  const fromElsewhere = async (error: unknown, layer: Layer, expected: Expected) => {
    if (!(error instanceof RegistryTrouble && error.noConnection)) {
      return undefined;
    }
    await options.login();
    const remote = `${nameFor(layer, options.registry).name}:${layer.key}`;
    const found = await restoreByEngine(images, layer, expected, remote, { limitMs, signal });
    return "refused" in found ? undefined : found;
  };

  /** What a refused push means: that the tag is there for good is as well as a push, if it is the same image. */
  const refused = async (
    layer: Layer,
    expected: Expected,
    { kind, reason }: Refusal,
    remote: string,
  ): Promise<Published> => {
    const { name } = nameFor(layer, options.registry);
    const why = `${remote}: ${reason}`;
    switch (readPushTrouble(reason, remote)) {
      case "immutable": {
        const there = await look(layer, expected);
        if (!there.hit) {
          return { outcome: "failed", why: `${why}; and ${there.why}` };
        }
        const { digest, reference } = there;
        const kept = "it is there already, and this repository keeps a tag as it was first pushed";
        return { outcome: "already there", digest, reference, why: kept, isNotice: true };
      }
      case "no repository": {
        const create = `This registry creates no repository by a push: create ${name} first`;
        return { outcome: "failed", why: `${why}. ${create}` };
      }
      case "no room": {
        const make = "Make room there: delete images that nobody needs, or have the limit raised";
        return { outcome: "failed", why: `${why}. ${make}` };
      }
      case "no right": {
        const give =
          "The login is good, and may not push there: give it the right to (on GitHub `packages: write`, and the package lets this repository write)";
        return { outcome: "denied", why: `${why}. ${give}` };
      }
      default:
        return { outcome: kind === "denied" ? "denied" : "failed", why };
    }
  };

  /** The same manifest once more. Nothing is said when it fails: it is for a bad day that may never come. */
  const rememberBase = async (layer: Layer) => {
    if (options.baseTag === undefined || signal.aborted) {
      return;
    }
    const tag = `${nameFor(layer, options.registry).name}:${options.baseTag}`;
    await images.tag(layer.reference, tag);
    await images.push(tag, { limitMs, signal });
    await images.remove(tag);
  };

  return {
    name: "registry",
    title: "the registry",
    verb: "pushed",
    policy: options.policy,
    pushTo: options.registry,
    servesBuilders: true,
    probe: look,
    async restore(layer, expected) {
      try {
        const found = await ask(layer, expected);
        return "bytes" in found ? await pull(layer, found) : found;
      } catch (error) {
        return (await fromElsewhere(error, layer, expected)) ?? notFound(error);
      }
    },
    async newer(layer, expected, local) {
      const { image } = nameFor(layer, options.registry);
      const budget = startBudget(newerMs);
      try {
        const { digest, json } = await client.manifest(image, layer.key, budget);
        const manifest = imageManifest(json);
        if (
          manifest === undefined ||
          local.digests.includes(digest) ||
          local.digests.includes(manifest.config.digest)
        ) {
          return undefined;
        }
        const found = await verify(layer, expected, digest, manifest, budget);
        const isNewer = "bytes" in found && found.created > local.created;
        const pulled = isNewer ? await pull(layer, found) : undefined;
        return pulled?.hit ? pulled : undefined;
      } catch (error) {
        notFound(error);
        return undefined;
      }
    },
    async publish(layer, expected, replace): Promise<Published> {
      const there = replace ? undefined : await look(layer, expected);
      if (there?.hit) {
        const { digest, reference } = there;
        return { outcome: "already there", digest, reference, why: "it is there already" };
      }
      await options.login();
      const { name } = nameFor(layer, options.registry);
      const remote = `${name}:${layer.key}`;
      await images.tag(layer.reference, remote);
      const pushed = await pushAgain(images, remote, options);
      if ("kind" in pushed) {
        return refused(layer, expected, pushed, remote);
      }
      await rememberBase(layer);
      const { digest } = pushed;
      return { outcome: "sent", digest, reference: digest && `${name}@${digest}` };
    },
  };
}

/** A warm start is not worth more than this for the question whether there is something newer. */
const newerMs = 2_000;

function nameFor(layer: Layer, registry: string): { name: string; image: Reference } {
  const name = `${registry}/${repositoryOf(layer.name)}`;
  return { name, image: parseReference(name) as Reference };
}

function imageManifest(json: unknown): Manifest | undefined {
  const read = parseManifest(json);
  return read !== undefined && "manifest" in read ? read.manifest : undefined;
}

function notFound(error: unknown): Lookup {
  if (!(error instanceof RegistryTrouble)) {
    throw error;
  }
  return error.kind === "absent" ? absent("not in the registry") : trouble(error.message);
}
