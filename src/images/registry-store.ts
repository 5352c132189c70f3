import { type Layer, repositoryOf } from "../build/layers.ts";
import type { Docker } from "../docker.ts";
import { runWithin } from "../docker-limits.ts";
import { parseReference, type Reference } from "../keys/reference.ts";
import { lastLine } from "../report/text.ts";
import { parseConfig, parseManifest } from "./oci.ts";
import { type RegistryClient, RegistryTrouble } from "./registry-client.ts";
import { absent, type Hit, type Lookup, type Published, type Store, trouble } from "./store.ts";
import { type Expected, whatIsWrong } from "./verify.ts";

export interface RegistryStoreOptions {
  /** Host and path, such as `ghcr.io/owner/name`. */
  readonly registry: string;
  readonly docker: Docker;
  readonly client: RegistryClient;
  /** A pull or push that takes longer is ended: past this a build is the better way. */
  readonly limitMs: number;
  /** Ends a pull or push that is under way: the step was cancelled. */
  readonly signal: AbortSignal;
}

/** Images shared through a registry: `<registry>/agent-runner-<layer>:<key>`. */
export function registryStore(options: RegistryStoreOptions): Store {
  const { docker, client, limitMs, signal } = options;
  const nameFor = (layer: Layer) => `${options.registry}/${repositoryOf(layer.name)}`;

  /** Resolves the tag once and checks what is behind it, before any layer is fetched. */
  const probe = async (layer: Layer, expected: Expected): Promise<Lookup> => {
    const name = nameFor(layer);
    const image = parseReference(name) as Reference;
    try {
      const found = await client.manifest(image, layer.key);
      const read = parseManifest(found.json);
      if (read === undefined || !("manifest" in read)) {
        return trouble(`${name}:${layer.key} is not used: it is no image manifest`);
      }
      const config = parseConfig((await client.config(image, read.manifest.config.digest)).json);
      const wrong =
        config === undefined
          ? "its config is no image config"
          : whatIsWrong(config, layer, expected);
      return wrong === undefined
        ? {
            hit: true,
            reference: `${name}@${found.digest}`,
            parentReference: `${name}@${found.digest}`,
            digest: found.digest,
          }
        : trouble(`${name}:${layer.key} is not used: ${wrong}`);
    } catch (error) {
      if (!(error instanceof RegistryTrouble)) {
        throw error;
      }
      return error.kind === "absent" ? absent("not in the registry") : trouble(error.message);
    }
  };

  const pull = async (layer: Layer, found: Hit): Promise<Lookup> => {
    const pulled = await runWithin(docker, ["pull", "--quiet", found.reference], {
      limitMs,
      signal,
    });
    if (pulled.code !== 0) {
      const why = pulled.timedOut
        ? `it took longer than ${limitMs / 1000} s`
        : lastLine(pulled.tail);
      return trouble(`${found.reference} could not be pulled: ${why}`);
    }
    // so that the next task on this engine finds it without asking a registry
    await docker.ask("tag", found.reference, layer.reference);
    return found;
  };

  return {
    name: "registry",
    probe,
    async restore(layer, expected) {
      const found = await probe(layer, expected);
      return found.hit ? pull(layer, found) : found;
    },
    async publish(layer, expected): Promise<Published> {
      const there = await probe(layer, expected);
      if (there.hit) {
        return {
          outcome: "already there",
          digest: there.digest,
          why: "another job published it meanwhile",
        };
      }
      const remote = `${nameFor(layer)}:${layer.key}`;
      await docker.ask("tag", layer.reference, remote);
      const pushed = await runWithin(docker, ["push", remote], { limitMs, signal });
      if (pushed.code !== 0) {
        const denied = /denied|unauthorized|forbidden|insufficient_scope/i.test(pushed.tail);
        const why = pushed.timedOut
          ? `it took longer than ${limitMs / 1000} s`
          : lastLine(pushed.tail);
        return { outcome: denied ? "denied" : "failed", why: `${remote} was not pushed: ${why}` };
      }
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.tail)?.[1];
      return { outcome: "sent", digest };
    },
  };
}
