import type { Engine } from "../engine/engine.ts";
import { describe, explain } from "../keys/explain.ts";
import { componentsOf, labelNames } from "../layers/labels.ts";
import type { Layer } from "../layers/layer.ts";
import type { LayerRule } from "../layers/rule.ts";
import { componentWord, layerRules } from "../layers/rules.ts";

/** How many older images are compared: the newest few answer the question. */
const compared = 10;

/**
 * What changed since the engine's closest older image of the same layer: "the cached preflight
 * changed since agent-runner-env:…"; undefined where there is none. Never fails: it is a courtesy.
 */
export async function explainMiss(
  engine: Engine,
  layer: Layer,
  rules: readonly LayerRule[] = layerRules,
): Promise<string | undefined> {
  const older = await engine.images.labelsOf(`${labelNames.layer}=${layer.name}`, compared);
  const [closest] = older
    .map((labels) => ({
      key: labels[labelNames.key] ?? "",
      differences: explain(layer.components, componentsOf(labels)),
    }))
    .filter(
      ({ key, differences }) =>
        key !== "" &&
        key !== layer.key &&
        differences.length > 0 &&
        // an image with other components (an env without a desktop, say) is no older one of this
        differences.every(({ wanted, found }) => wanted !== undefined && found !== undefined),
    )
    .sort((a, b) => a.differences.length - b.differences.length);
  return closest === undefined
    ? undefined
    : `${describe(closest.differences, (name) => componentWord(name, rules))} since ${closest.key}`;
}
