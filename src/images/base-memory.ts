import type { Engine } from "../engine/engine.ts";
import { hash16 } from "../keys/hash.ts";
import { nameOf, parseReference, type Reference } from "../keys/reference.ts";
import { repositoryOf } from "../layers/layer.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type Platform, parseConfig, parseManifest, platformText } from "../registry/documents.ts";
import { RegistryTrouble } from "../registry/trouble.ts";

/** What a reference led to when an image was built on it. */
export interface KnownBase {
  /** The config's digest, what keys are made of. */
  readonly digest: string;
  /** `repository@<platform manifest>` */
  readonly manifest: string;
  /** The digest that the reference's own registry had for it: of an index, or the manifest's. */
  readonly named: string;
  /** Where it is known from, for people. */
  readonly from: string;
}

/** Asks the stores what they know of a reference, in their order. Never throws for what a store does. */
export type RememberBase = (
  reference: Reference,
  platform: Platform,
) => Promise<KnownBase | undefined>;

/** Labels of every image that is built, in no key: what its base was called, and what that was. */
export const baseLabels = {
  reference: "io.agent-runner.base.reference",
  platform: "io.agent-runner.base.platform",
  manifest: "io.agent-runner.base.manifest",
  named: "io.agent-runner.base.named",
  digest: "io.agent-runner.base.digest",
};

/** Of a base that only this engine has there is nothing to remember. */
export function labelsOfBase(
  text: string,
  base: Pick<KnownBase, "digest"> & {
    readonly reference: string;
    readonly platform: Platform;
    readonly local: boolean;
    readonly named?: string;
  },
): Readonly<Record<string, string>> {
  const reference = parseReference(text);
  if (base.local || base.named === undefined || reference === undefined) {
    return {};
  }
  return {
    [baseLabels.reference]: fullName(reference),
    [baseLabels.platform]: platformText(base.platform),
    [baseLabels.manifest]: base.reference,
    [baseLabels.named]: base.named,
    [baseLabels.digest]: base.digest,
  };
}

const digestGrammar = /^sha256:[0-9a-f]{64}$/;

/** Reads such labels; an image of another reference or platform, or of odd labels, tells nothing. Pure. */
export function knownFrom(
  labels: Readonly<Record<string, string>>,
  reference: Reference,
  platform: Platform,
  from: string,
): KnownBase | undefined {
  const { [baseLabels.digest]: digest = "", [baseLabels.named]: named = "" } = labels;
  const manifest = labels[baseLabels.manifest] ?? "";
  const origin = parseReference(manifest);
  const fits =
    labels[baseLabels.reference] === fullName(reference) &&
    labels[baseLabels.platform] === platformText(platform) &&
    origin?.digest !== undefined &&
    nameOf(origin) === nameOf(reference) &&
    [digest, named].every((one) => digestGrammar.test(one)) &&
    (reference.digest === undefined || reference.digest === named);
  return fits ? { digest, manifest, named, from } : undefined;
}

/** The tag beside a published image by which it is found again as one that was built on this base. */
export function baseTag(reference: Reference, platform: Platform): string {
  return `base-${hash16(`${fullName(reference)}\0${platformText(platform)}`)}`;
}

/** How many images on the base are looked into: the newest that fits the platform tells. */
const lookedInto = 5;

export function rememberedInEngine(engine: Engine): RememberBase {
  return async (reference, platform) => {
    const label = `${baseLabels.reference}=${fullName(reference)}`;
    const newest = await engine.images.labelsOf(label, lookedInto);
    const read = newest.map((labels) => knownFrom(labels, reference, platform, "the engine"));
    return read.find((known) => known !== undefined);
  };
}

/** @param names of the layers that the run wants, whose repositories may have the tag */
export function rememberedInRegistry(
  registry: string,
  client: RegistryClient,
  names: readonly string[],
): RememberBase {
  const ask = async (name: string, reference: Reference, platform: Platform) => {
    const image = parseReference(`${registry}/${repositoryOf(name)}`) as Reference;
    const { json } = await client.manifest(image, baseTag(reference, platform));
    const read = parseManifest(json);
    if (read === undefined || !("manifest" in read)) {
      return undefined;
    }
    const config = parseConfig((await client.config(image, read.manifest.config.digest)).json);
    return config && knownFrom(config.labels, reference, platform, "the registry");
  };
  return async (reference, platform) => {
    for (const name of names) {
      try {
        const known = await ask(name, reference, platform);
        if (known !== undefined) {
          return known;
        }
      } catch (error) {
        if (!(error instanceof RegistryTrouble)) {
          throw error;
        }
        if (error.kind === "unreachable") {
          return undefined; // it will not answer for the next name either
        }
      }
    }
    return undefined;
  };
}

/** The first answer of several stores. */
export function firstRemembered(memories: readonly RememberBase[]): RememberBase {
  return async (reference, platform) => {
    for (const memory of memories) {
      const known = await memory(reference, platform);
      if (known !== undefined) {
        return known;
      }
    }
    return undefined;
  };
}

function fullName(reference: Reference): string {
  const { tag, digest } = reference;
  const version =
    digest === undefined ? `:${tag ?? "latest"}` : `${tag ? `:${tag}` : ""}@${digest}`;
  return `${nameOf(reference)}${version}`;
}
