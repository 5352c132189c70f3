import type { LayerReport } from "./layer-report.ts";

/** The plan for a terminal or a log: a block a layer, since keys are too long for columns. */
export function planTable(layers: readonly LayerReport[]): readonly string[] {
  if (layers.length === 0) {
    return ["no layers: nothing is cached with these settings"];
  }
  return layers.flatMap((layer) => [
    `layer ${layer.name}`,
    `  key        ${layer.key}`,
    `  image      ${layer.reference}`,
    `  comes from ${layer.source === "none" ? layer.why : `${layer.source} (${layer.digest})`}`,
    ...layer.components.map(({ name, sha256 }) => `  ${name.padEnd(19)}${sha256}`),
  ]);
}
