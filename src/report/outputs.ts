import type { Layer } from "../layers/layer.ts";
import type { LayerRule } from "../layers/rule.ts";
import { layerRules } from "../layers/rules.ts";

const beforeKeys = {
  image: "The image the task started from, by a digest or id.",
  "image-source": "Where it came from: `local`, `registry`, `actions-cache`, `built` or `base`.",
  "cache-hit": "`true` when every cached layer was found and nothing had to be built.",
  "base-digest":
    "Config digest of the base image for the platform; empty when it could not be resolved.",
} as const;

const afterKeys = {
  layers:
    "JSON: for each layer `name`, `key`, `reference`, `digest`, `source`, `why`, `ms`, `pushed`, `saved` and `components`.",
  "final-message": "What the agent said last: its answer.",
  "structured-output": "JSON: the agent's answer in the form of `agent-schema`.",
  "session-id": "The agent's session, for `resume`.",
  usage:
    "JSON: what the agent used, as far as its tool says it: `input`, `cached` and `output` tokens, `cost` in US dollars, `turns`, `seconds`.",
  "agent-stream-path": "File with the raw stream of the agent's tool, `agent.jsonl`.",
  "agent-outputs": "JSON: what the agent wrote to its output file.",
  "exit-code": "The task's own exit code; 124 after a time-out, 130 when cancelled.",
  conclusion: "`success`, `failure`, `timeout`, `cancelled` or `skipped`.",
  "changes-path":
    "File with what the task changed in the workspace, for `git apply` on the commit that was checked out; empty when it changed nothing.",
  "changed-files":
    "JSON: for each file that the task changed `path`, `status` (`added`, `modified` or `deleted`), `mode`, `oldMode`, `size`, and `leftOut` with the reason why it is not in `changes-path`.",
  "commit-sha":
    "The commit that has the changes, with `changes: commit` or `pull-request`; empty where there is none.",
  branch: "The branch that this commit is on.",
  "pull-request-url": "Page of the pull request that was made; empty where there is none.",
  "review-url": "Page of the review that `review: true` made; empty where there is none.",
  "artifacts-path": "Folder with what the task left in `/tmp/agents-artifacts`.",
  "transcript-path": "File with the task's whole output.",
  "novnc-url": "Where the desktop can be watched while the task runs.",
  timings: "JSON: the spans of the run, `name`, `start` and `end` in milliseconds.",
} as const;

/** The action's outputs with their descriptions; `action.yml` and the README follow from this. */
export const outputs: Readonly<Record<string, string>> = {
  ...beforeKeys,
  ...Object.fromEntries(layerRules.map((rule) => [keyOutput(rule), rule.keyDescription])),
  ...afterKeys,
};

export type OutputName =
  | keyof typeof beforeKeys
  | keyof typeof afterKeys
  | ReturnType<typeof keyOutput>;
export type Outputs = Partial<Record<OutputName, string>>;

/** `desktop-key`: each layer has its own output. */
function keyOutput({ name }: { readonly name: string }): `${string}-key` {
  return `${name}-key`;
}

/** The keys of all layers there can be; empty for those that this run has not. */
export function keyOutputs(
  layers: readonly Layer[],
  rules: readonly LayerRule[] = layerRules,
): Outputs {
  return Object.fromEntries([
    ...rules.map((rule) => [keyOutput(rule), ""]),
    ...layers.map((layer) => [keyOutput(layer), layer.key]),
  ]);
}
