import { describe, explain } from "../keys/explain.ts";
import { componentsOf, labelNames } from "../layers/labels.ts";
import type { Layer } from "../layers/layer.ts";
import { componentWord } from "../layers/rules.ts";
import { fits, type ImageConfig, type Platform, platformText } from "../registry/documents.ts";

/** What a found image must be to count as a hit. */
export interface Expected {
  readonly platform: Platform;
  /** The base image's uncompressed layers, where they are known. */
  readonly baseDiffIds: readonly string[] | undefined;
  /** Asks for them where they are not. @throws RegistryTrouble */
  readonly askBaseDiffIds?: (() => Promise<readonly string[]>) | undefined;
}

/** What an image of layers on this base must be. */
export function expectedOn(base: {
  readonly platform: Platform;
  readonly diffIds: readonly string[] | undefined;
  readonly askDiffIds?: () => Promise<readonly string[]>;
}): Expected {
  return {
    platform: base.platform,
    baseDiffIds: base.diffIds,
    ...(base.askDiffIds && { askBaseDiffIds: base.askDiffIds }),
  };
}

/**
 * The same with the base's layers, for an image from a store that others write to: it is not used where they cannot
 * be had. The engine's own images were checked when they came there.
 *
 * @throws RegistryTrouble
 */
export async function inFull(expected: Expected): Promise<Expected> {
  const { baseDiffIds, askBaseDiffIds } = expected;
  return { ...expected, baseDiffIds: baseDiffIds ?? (await askBaseDiffIds?.()) };
}

/**
 * Whether an image found under a layer's name is that layer; the answer is what is wrong with it,
 * or undefined when all is well. Labels detect accidents (a collision, a poisoned tag, a truncated
 * archive), not an attacker who may write to the store.
 */
export function whatIsWrong(
  image: ImageConfig,
  layer: Layer,
  expected: Expected,
): string | undefined {
  if (!fits(image.platform, expected.platform)) {
    return `it is for ${platformText(image.platform)}, not ${platformText(expected.platform)}`;
  }
  const claimed = image.labels[labelNames.layer];
  if (claimed !== layer.name) {
    return claimed === undefined
      ? "it has no label that says which layer it is"
      : `its label says it is the layer ${JSON.stringify(claimed)}`;
  }
  const differences = explain(layer.components, componentsOf(image.labels)).filter(
    ({ wanted }) => wanted !== undefined, // labels of a parent's own components may be left over
  );
  if (differences.length > 0) {
    const names = differences.map(({ name }) => name).join(", ");
    return `its labels do not match the plan in ${names} (${describe(differences, componentWord)})`;
  }
  if (image.labels[labelNames.key] !== layer.key) {
    return `its label has the key ${JSON.stringify(image.labels[labelNames.key] ?? "")}`;
  }
  if (image.labels[labelNames.parent] !== layer.labels[labelNames.parent]) {
    return "its label names another parent";
  }
  const base = expected.baseDiffIds;
  if (base !== undefined && !base.every((diffId, index) => image.diffIds[index] === diffId)) {
    return "it does not begin with the base image's own layers";
  }
  return undefined;
}
