import type { LayerOutcome } from "../images/outcome.ts";

/** The plan for a terminal or a log: a block a layer, since keys are too long for columns. */
export function planTable(outcomes: readonly LayerOutcome[]): readonly string[] {
  if (outcomes.length === 0) {
    return ["nothing is cached with these settings, so there are no keys"];
  }
  return outcomes.flatMap(({ layer, source, shown, digest, why }) => [
    layer.title,
    `  key        ${layer.key}`,
    `  image      ${layer.reference}`,
    `  plan       ${source === "none" ? why : `${shown} (${digest})`}`,
    ...layer.components.map(({ name, sha256 }) => `  ${name.padEnd(19)}${sha256}`),
  ]);
}
