import type { layerNames } from "../layers/layers.ts";

/** The action's outputs with their descriptions; `action.yml` and the README follow from this. */
export const outputs = {
  image: "The image the task started from, by a digest or id.",
  "image-source": "Where it came from: `local`, `registry`, `actions-cache`, `built` or `base`.",
  "cache-hit": "`true` when every cached layer was found and nothing had to be built.",
  "base-digest":
    "Config digest of the base image for the platform; empty when it could not be resolved.",
  "desktop-key": "Key of the desktop layer; empty without one.",
  "env-key": "Key of the env layer; empty without one.",
  "agent-key": "Key of the agent's layer; empty without one.",
  layers:
    "JSON: for each layer `name`, `key`, `reference`, `digest`, `source`, `why`, `ms`, `pushed`, `saved` and `components`.",
  "agent-outputs": "JSON: what the agent wrote to its output file.",
  "exit-code": "The task's own exit code; 124 after a time-out, 130 when cancelled.",
  conclusion: "`success`, `failure`, `timeout`, `cancelled` or `skipped`.",
  "artifacts-path": "Folder with what the task left in `/tmp/agents-artifacts`.",
  "transcript-path": "File with the task's whole output.",
  "novnc-url": "Where the desktop can be watched while the task runs.",
  timings: "JSON: the spans of the run, `name`, `start` and `end` in milliseconds.",
} as const satisfies Record<string, string>;

export type OutputName = keyof typeof outputs;
export type Outputs = Partial<Record<OutputName, string>>;

/** `desktop` → `desktop-key`, for layers that have an output of their own. */
export function keyOutput(layer: (typeof layerNames)[number]): OutputName {
  return `${layer}-key`;
}
