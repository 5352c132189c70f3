import type { Engine } from "../engine/engine.ts";
import { parseReference, type Reference } from "../keys/reference.ts";
import { type Layer, repositoryOf } from "../layers/layer.ts";
import { type Budget, startBudget } from "../registry/budget.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type Manifest, parseManifest } from "../registry/documents.ts";
import { RegistryTrouble } from "../registry/trouble.ts";
import { pullAs } from "./pulled.ts";
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
  readonly client: RegistryClient;
  /** Makes sure that the docker CLI is logged in; asked before the CLI talks to the registry. */
  readonly login: () => Promise<void>;
  /** A pull or push never takes longer than a build may. */
  readonly limitMs: number;
  /** Ends a pull or push that is under way: the step was cancelled. */
  readonly signal: AbortSignal;
}

/** What a tag of the registry leads to, resolved once: from here on only digests count. */
type Found = Hit & Verified;

/** Images shared through a registry: `<registry>/agent-runner-<layer>:<key>`. */
export function registryStore(options: RegistryStoreOptions): Store {
  const { client, limitMs, signal } = options;
  const { images } = options.engine;

  /** Checks what is behind the tag, before any layer is fetched. */
  const look = async (layer: Layer, expected: Expected): Promise<Found | Lookup> => {
    const { name, image } = nameFor(layer, options.registry);
    try {
      const { digest, json } = await client.manifest(image, layer.key);
      const manifest = imageManifest(json);
      if (manifest === undefined) {
        return trouble(`${name}:${layer.key} is not used: it is not an image manifest`);
      }
      return await verify(layer, expected, digest, manifest);
    } catch (error) {
      return notFound(error);
    }
  };

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

  return {
    name: "registry",
    title: "the registry",
    verb: "pushed",
    policy: options.policy,
    pushTo: options.registry,
    servesBuilders: true,
    probe: look,
    async restore(layer, expected) {
      const found = await look(layer, expected);
      return "bytes" in found ? pull(layer, found) : found;
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
      const remote = `${nameFor(layer, options.registry).name}:${layer.key}`;
      await images.tag(layer.reference, remote);
      const pushed = await images.push(remote, { limitMs, signal });
      if ("kind" in pushed) {
        const outcome = pushed.kind === "denied" ? "denied" : "failed";
        return { outcome, why: `${remote}: ${pushed.reason}` };
      }
      const { digest } = pushed;
      const { name } = nameFor(layer, options.registry);
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
