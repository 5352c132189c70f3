import { z } from "zod";
import type { Docker } from "../engine/cli.ts";
import { describe, explain } from "../keys/explain.ts";
import { componentsOf, type Layer, labelNames } from "../layers/layers.ts";

const labelsSchema = z.record(z.string(), z.string());

/** How many older images are compared: the newest few answer the question. */
const compared = 10;

/**
 * What changed since the engine's closest older image of the same layer: "the cached preflight
 * changed since agent-runner-env:…"; undefined where there is none. Never fails: it is a courtesy.
 */
export async function explainMiss(docker: Docker, layer: Layer): Promise<string | undefined> {
  const filter = `label=${labelNames.layer}=${layer.name}`;
  const listed = await docker.ask("image", "ls", "--quiet", "--no-trunc", "--filter", filter);
  const ids = [...new Set(listed.stdout.split("\n").filter((id) => id !== ""))].slice(0, compared);
  if (listed.code !== 0 || ids.length === 0) {
    return undefined;
  }
  const format = "{{json .Config.Labels}}";
  const inspected = await docker.ask("image", "inspect", "--format", format, ...ids);
  if (inspected.code !== 0) {
    return undefined;
  }
  const [closest] = inspected.stdout
    .split("\n")
    .map((line) => labelsSchema.safeParse(parseJson(line)).data ?? {})
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
    : `${describe(closest.differences)} since ${closest.key}`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
