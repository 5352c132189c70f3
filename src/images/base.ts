import type { Engine } from "../engine/engine.ts";
import type { LocalImage } from "../engine/images.ts";
import { nameOf, parseReference, type Reference, variant } from "../keys/reference.ts";
import type { BaseIdentity } from "../layers/layer.ts";
import { Trouble } from "../log/trouble.ts";
import type { RegistryClient } from "../registry/client.ts";
import {
  type Descriptor,
  fits,
  type Manifest,
  type Platform,
  parseConfig,
  parseManifest,
  parsePlatform,
  platformText,
} from "../registry/documents.ts";
import { RegistryTrouble } from "../registry/trouble.ts";

/** The base image, resolved without pulling it. */
export interface Base {
  readonly identity: BaseIdentity;
  readonly platform: Platform;
  /** `sha256:…`, what keys are made of. */
  readonly digest: string;
  /** What is started and, unless it is local, built on: `repository@<platform manifest>` or an id. */
  readonly reference: string;
  /** A local image has no name that BuildKit could not read differently; it gets one before a build. */
  readonly local: boolean;
  /** Its uncompressed layers, where they are known without asking for more. */
  readonly diffIds: readonly string[] | undefined;
  /** Asks for them, once, where they are not. @throws RegistryTrouble */
  readonly askDiffIds?: () => Promise<readonly string[]>;
  /** Its compressed layers, where a registry serves them. */
  readonly layers?: readonly Descriptor[];
}

/** Why there is no base to make keys of; the message is for the user. */
export class UnresolvedBase extends Error {}

/** The base is for another platform: an image of the wrong one is never started. */
export class WrongPlatform extends Trouble {}

export interface BaseRequest {
  readonly reference: string;
  readonly platform: string | undefined;
  readonly pull: "always" | "missing" | "never";
}

export interface BaseTools {
  readonly engine: Engine;
  readonly registry: RegistryClient;
  readonly warn: (message: string) => void;
}

/**
 * Resolves the base image to its config digest for the target platform: index, platform manifest,
 * `config.digest`. Nothing is pulled.
 *
 * @throws UnresolvedBase, WrongPlatform
 */
export async function resolveBase(request: BaseRequest, tools: BaseTools): Promise<Base> {
  const reference = parseReference(request.reference) as Reference; // the schema has checked it
  const platform = targetPlatform(request.platform, tools.engine);
  platform.catch(() => {}); // it is awaited later, or not at all; its failure is heard there
  if (request.pull !== "always") {
    const wanted = await platform; // first, since its failure says that there is no engine
    const local = await tools.engine.images.inspect(request.reference);
    if (local !== undefined) {
      return fromLocal(local, reference, wanted, request, tools);
    }
    if (request.pull === "never") {
      throw new UnresolvedBase(
        `${request.reference} is not in the engine, and \`pull: never\` does not pull it`,
      );
    }
  }
  try {
    return await fromRegistry(reference, request, platform, tools.registry);
  } catch (error) {
    const wanted = await platform; // the failure to tell where there is no engine either
    if (!(error instanceof RegistryTrouble) || error.kind === "invalid") {
      throw error instanceof RegistryTrouble ? new UnresolvedBase(error.message) : error;
    }
    const local = await tools.engine.images.inspect(request.reference);
    if (local === undefined) {
      throw new UnresolvedBase(`${error.message}; and the engine has no copy of it`);
    }
    if (error.kind === "unreachable") {
      tools.warn(`${error.message}; the engine's own copy of ${request.reference} is used`);
    }
    return fromLocal(local, reference, wanted, { ...request, pull: "never" }, tools);
  }
}

/** The platform asked for, or the engine's own. @throws NoEngine */
export async function targetPlatform(
  wanted: string | undefined,
  engine: Engine,
): Promise<Platform> {
  return wanted === undefined ? engine.platform() : parsePlatform(wanted);
}

async function fromRegistry(
  reference: Reference,
  request: BaseRequest,
  platformSoon: Promise<Platform>,
  registry: RegistryClient,
): Promise<Base> {
  const wanted = reference.digest ?? reference.tag ?? "latest";
  // both are asked at once; a failed engine must not go unheard while the registry answers
  const [first, platform] = await Promise.all([registry.manifest(reference, wanted), platformSoon]);
  const read = parseManifest(first.json);
  if (read === undefined) {
    throw new UnresolvedBase(`${request.reference}: the registry's answer is not an image`);
  }
  if ("manifest" in read) {
    return fromManifest(reference, request, first.digest, read.manifest, platform, registry);
  }
  const descriptor = choosePlatform(read.index, platform);
  if (descriptor === undefined) {
    const offered = read.index.flatMap((one) => (one.platform ? [platformText(one.platform)] : []));
    throw new WrongPlatform(
      `the base image ${request.reference} has no image for ${platformText(platform)}; it has ${offered.join(", ")}`,
    );
  }
  const second = parseManifest((await registry.manifest(reference, descriptor.digest)).json);
  if (second === undefined || !("manifest" in second)) {
    throw new UnresolvedBase(`${request.reference}: its index does not lead to an image manifest`);
  }
  const { manifest } = second;
  // an index says nothing of layers, and a local hit needs none of it
  const askDiffIds = once(() => diffIdsOf(reference, manifest, registry));
  return { ...base(reference, manifest, platform, descriptor.digest), askDiffIds };
}

/** @throws RegistryTrouble */
async function diffIdsOf(reference: Reference, { config }: Manifest, registry: RegistryClient) {
  try {
    const read = parseConfig((await registry.config(reference, config.digest)).json);
    if (read === undefined) {
      throw new RegistryTrouble("invalid", "its config is not an image config");
    }
    return read.diffIds;
  } catch (error) {
    if (!(error instanceof RegistryTrouble)) {
      throw error;
    }
    const what = `the layers of the base image ${nameOf(reference)} are not known: ${error.message}`;
    throw new RegistryTrouble("unreachable", what);
  }
}

/** Work that is done when it is first asked for; all who ask get what came of it. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

/** The entry of an index that fits; an exact variant is better than an image that names none. */
export function choosePlatform(
  index: readonly Descriptor[],
  platform: Platform,
): Descriptor | undefined {
  const fitting = index.filter(
    (descriptor) =>
      descriptor.platform !== undefined &&
      descriptor.platform.os !== "unknown" && // attestations
      fits(descriptor.platform, platform),
  );
  return fitting.find((one) => one.platform?.variant === platform.variant) ?? fitting[0];
}

/** A tag without an index says nothing of its platform: its config does. */
async function fromManifest(
  reference: Reference,
  request: BaseRequest,
  manifestDigest: string,
  manifest: Manifest,
  platform: Platform,
  registry: RegistryClient,
): Promise<Base> {
  const document = await registry.config(reference, manifest.config.digest);
  const config = parseConfig(document.json);
  if (config === undefined) {
    throw new UnresolvedBase(`${request.reference}: its config is not an image config`);
  }
  mustFit(config.platform, platform, request.reference);
  return {
    ...base(reference, manifest, platform, manifestDigest),
    diffIds: config.diffIds,
  };
}

function base(
  reference: Reference,
  { config, layers }: Manifest,
  platform: Platform,
  manifestDigest: string,
): Base {
  return {
    identity: { variant: variant(reference), sha256: hexOf(config.digest) },
    platform,
    digest: config.digest,
    reference: `${nameOf(reference)}@${manifestDigest}`,
    local: false,
    diffIds: undefined,
    layers,
  };
}

/**
 * A local copy. On the containerd image store its id is a manifest's digest, which other engines'
 * keys do not know; where a registry has that manifest, it is asked for the config digest. A
 * local-only image there keeps its id, for keys of that engine alone.
 */
async function fromLocal(
  image: LocalImage,
  reference: Reference,
  platform: Platform,
  request: BaseRequest,
  tools: BaseTools,
): Promise<Base> {
  mustFit(image.platform, platform, request.reference);
  const pulled = image.repoDigests.find((entry) => entry.endsWith(`@${image.id}`));
  if (pulled !== undefined && request.pull === "missing") {
    const origin = parseReference(pulled);
    try {
      if (origin !== undefined) {
        const soon = Promise.resolve(platform);
        const resolved = await fromRegistry(origin, request, soon, tools.registry);
        // the registry was asked for a digest; the key has the name that the user gave
        const identity = { ...resolved.identity, variant: variant(reference) };
        return { ...resolved, identity, diffIds: image.diffIds };
      }
    } catch (error) {
      if (!(error instanceof RegistryTrouble) && !(error instanceof UnresolvedBase)) {
        throw error;
      }
    }
  }
  return {
    identity: { variant: variant(reference), sha256: hexOf(image.id) },
    platform,
    digest: image.id,
    reference: image.id,
    local: true,
    diffIds: image.diffIds,
  };
}

/** @throws WrongPlatform */
export function mustFit(found: Platform, wanted: Platform, reference: string): void {
  if (!fits(found, wanted)) {
    throw new WrongPlatform(
      `the base image ${reference} is for ${platformText(found)}, and ${platformText(wanted)} is asked for; choose another with \`base-image\` or \`platform\``,
    );
  }
}

function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, "");
}
