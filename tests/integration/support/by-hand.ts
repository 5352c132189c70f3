/** Images as another job would have published them, made without the action. */
import { attempt, run } from "../../../scripts/shell.ts";
import type { Registry } from "../../harness/registry.ts";
import type { LayerEntry } from "./act.ts";
import { buildImage, SMALL_BASE_IMAGE } from "./images.ts";

/** The labels of a layer, from the `layers` output. */
export function labelsOf({ name, key, components }: LayerEntry): Record<string, string> {
  return {
    "io.agent-runner.layer": name,
    "io.agent-runner.key": key,
    ...Object.fromEntries(
      components.map((one) => [`io.agent-runner.component.${one.name}`, one.sha256]),
    ),
  };
}

export interface HandMade {
  /** `demo/agent-runner-env` */
  repository: string;
  /** The image's name at the registry's own address; the engine has it until `publish` is done. */
  reference: string;
  publish(): Promise<void>;
}

interface Options {
  /** Instead of those that the plan wants. */
  labels?: Record<string, string>;
  /** The first part of the repository; `demo` unless given. */
  user?: string;
}

/**
 * Builds an image of the layer whose `/env` has this text.
 *
 * @param entry from `mode: plan`
 */
export async function makeByHand(
  registry: Registry,
  entry: LayerEntry,
  text: string,
  { labels = labelsOf(entry), user = "demo" }: Options = {},
): Promise<HandMade> {
  const repository = `${user}/agent-runner-${entry.name}`;
  const reference = `${registry.direct}/${repository}:${entry.key}`;
  const flags = Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
  await buildImage(reference, [`FROM ${SMALL_BASE_IMAGE}`, `RUN echo ${text} >/env`], flags);
  return {
    repository,
    reference,
    publish: async () => {
      await run("docker", ["push", "--quiet", reference]);
      await attempt("docker", ["image", "rm", reference]);
    },
  };
}
