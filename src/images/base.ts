import type { Engine } from "../engine/engine.ts";
import type { LocalImage } from "../engine/images.ts";
import type { Refusal } from "../engine/words.ts";
import { nameOf, parseReference, type Reference, variant } from "../keys/reference.ts";
import type { BaseIdentity } from "../layers/layer.ts";
import { Trouble } from "../log/trouble.ts";
import type { Budget } from "../registry/budget.ts";
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
import type { KnownBase, RememberBase } from "./base-memory.ts";

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
  /** What its registry has under the name that was asked for: an index's digest, or the manifest's. */
  readonly named?: string;
  /** Its uncompressed layers, where they are known without asking for more. */
  readonly diffIds: readonly string[] | undefined;
  /** Asks for them, once, where they are not. @throws RegistryTrouble */
  readonly askDiffIds?: () => Promise<readonly string[]>;
  /** Its compressed layers, where a registry serves them. */
  readonly layers?: readonly Descriptor[];
}

/** Why there is no base to make keys of; the message is for the user. */
export class UnresolvedBase extends Error {
  /** What the engine said, where it was asked to pull the base itself. */
  readonly refused: Refusal | undefined;

  constructor(message: string, refused?: Refusal) {
    super(message);
    this.refused = refused;
  }
}

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
  /** What the stores know of a base whose registry does not say; asked only then. */
  readonly remembered?: RememberBase;
  /** What the base's own registry may take of the time there is for all. */
  readonly budget?: Budget;
  /** Has the engine pull the base, which may get it where we do not; not where nothing is pulled. */
  readonly pull?: () => Promise<Refusal | undefined>;
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
    return await fromRegistry(reference, request, platform, tools);
  } catch (error) {
    const wanted = await platform; // the failure to tell where there is no engine either
    if (!(error instanceof RegistryTrouble)) {
      throw error;
    }
    return withoutRegistry(error, reference, wanted, request, tools);
  }
}

/**
 * What `docker pull` gets, where we get no connection; then the engine's own copy, and what a store knows of the base; and
 * where there is neither, what `docker pull` gets all the same. A copy that is what the store knows has that key,
 * whatever the engine calls it; one that is not has been made or pulled since.
 */
async function withoutRegistry(
  { kind, message, noConnection }: RegistryTrouble,
  reference: Reference,
  platform: Platform,
  request: BaseRequest,
  tools: BaseTools,
): Promise<Base> {
  const byEngine = once(() => pulled(reference, platform, request, tools));
  const first = noConnection ? await byEngine() : {};
  if (first.base !== undefined) {
    return first.base;
  }
  const local =
    kind === "invalid" ? undefined : await tools.engine.images.inspect(request.reference);
  // one that refuses it, or knows no such image, has answered: who may not have the base gets nothing built on it either
  const asks = kind === "unreachable" || kind === "invalid";
  const known = asks ? await tools.remembered?.(reference, platform) : undefined;
  if (local !== undefined) {
    if (kind === "unreachable") {
      tools.warn(`${message}; the engine's own copy of ${request.reference} is used`);
    }
    return known !== undefined && isCopyOf(local, known) && fits(local.platform, platform)
      ? { ...fromKnown(known, reference, platform), diffIds: local.diffIds }
      : fromLocal(local, reference, platform, { ...request, pull: "never" }, tools);
  }
  if (known !== undefined) {
    tools.warn(
      `${message}; the last digest of ${request.reference} that ${known.from} knows is used: ${known.digest}`,
    );
    return fromKnown(known, reference, platform);
  }
  const last = kind === "invalid" ? {} : await byEngine();
  if (last.base !== undefined) {
    return last.base;
  }
  const none = kind === "invalid" ? "" : "; and the engine has no copy of it";
  throw new UnresolvedBase(`${message}${none}`, last.refused);
}

interface Pulled {
  readonly base?: Base | undefined;
  readonly refused?: Refusal | undefined;
}

/** The base as the engine gets it, which knows mirrors, hosts, certificates and networks of its own. */
async function pulled(
  reference: Reference,
  platform: Platform,
  request: BaseRequest,
  tools: BaseTools,
): Promise<Pulled> {
  if (tools.pull === undefined) {
    return {};
  }
  const refused = await tools.pull();
  const image =
    refused === undefined ? await tools.engine.images.inspect(request.reference) : undefined;
  return {
    refused,
    base:
      image && (await fromLocal(image, reference, platform, { ...request, pull: "never" }, tools)),
  };
}

function fromKnown(known: KnownBase, reference: Reference, platform: Platform): Base {
  return {
    identity: { variant: variant(reference), sha256: hexOf(known.digest) },
    platform,
    digest: known.digest,
    reference: known.manifest,
    local: false,
    named: known.named,
    diffIds: undefined,
  };
}

/** By an id or a digest: an engine may call an image after its config, its manifest or its index. */
function isCopyOf({ id, repoDigests }: LocalImage, { digest, named, manifest }: KnownBase) {
  const names = [id, ...repoDigests].map((name) => name.replace(/^.*@/, ""));
  return [digest, named, manifest.replace(/^.*@/, "")].some((one) => names.includes(one));
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
  { registry, budget }: Pick<BaseTools, "registry" | "budget">,
): Promise<Base> {
  const wanted = reference.digest ?? reference.tag ?? "latest";
  // both are asked at once; a failed engine must not go unheard while the registry answers
  const [first, platform] = await Promise.all([
    registry.manifest(reference, wanted, budget),
    platformSoon,
  ]);
  const read = parseManifest(first.json);
  if (read === undefined) {
    throw new UnresolvedBase(`${request.reference}: the registry's answer is not an image`);
  }
  if ("manifest" in read) {
    const { manifest } = read;
    return fromManifest(reference, request, first.digest, manifest, platform, registry, budget);
  }
  const descriptor = choosePlatform(read.index, platform);
  if (descriptor === undefined) {
    const offered = read.index.flatMap((one) => (one.platform ? [platformText(one.platform)] : []));
    throw new WrongPlatform(
      `the base image ${request.reference} has no image for ${platformText(platform)}; it has ${offered.join(", ")}`,
    );
  }
  const { json } = await registry.manifest(reference, descriptor.digest, budget);
  const second = parseManifest(json);
  if (second === undefined || !("manifest" in second)) {
    throw new UnresolvedBase(`${request.reference}: its index does not lead to an image manifest`);
  }
  const { manifest } = second;
  // an index says nothing of layers, and a local hit needs none of it
  const askDiffIds = once(() => diffIdsOf(reference, manifest, registry));
  const known = base(reference, manifest, platform, descriptor.digest);
  return { ...known, named: first.digest, askDiffIds };
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
  budget: Budget | undefined,
): Promise<Base> {
  const document = await registry.config(reference, manifest.config.digest, budget);
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
    named: manifestDigest,
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
        const resolved = await fromRegistry(origin, request, soon, tools);
        // the registry was asked for a digest; the key has the name that the user gave
        const identity = { ...resolved.identity, variant: variant(reference) };
        return { ...resolved, identity, diffIds: image.diffIds };
      }
    } catch (error) {
      if (!(error instanceof RegistryTrouble) && !(error instanceof UnresolvedBase)) {
        throw error;
      }
      const known = await tools.remembered?.(reference, platform);
      if (known !== undefined && isCopyOf(image, known)) {
        return { ...fromKnown(known, reference, platform), diffIds: image.diffIds };
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
