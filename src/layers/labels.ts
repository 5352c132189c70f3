import type { Component } from "../keys/components.ts";

/** What an image of ours says of itself. */
export const labelNames = {
  layer: "io.agent-runner.layer",
  key: "io.agent-runner.key",
  parent: "io.agent-runner.parent",
  component: (name: string) => `io.agent-runner.component.${name}`,
};

export function labelsOf(
  name: string,
  key: string,
  components: readonly Component[],
  parentKey: string | undefined,
): Readonly<Record<string, string>> {
  return {
    [labelNames.layer]: name,
    [labelNames.key]: key,
    ...Object.fromEntries(
      components.map((component) => [labelNames.component(component.name), component.sha256]),
    ),
    ...(parentKey === undefined ? {} : { [labelNames.parent]: parentKey }),
  };
}

/** The components an image's labels claim; the other way round of the labels above. */
export function componentsOf(labels: Readonly<Record<string, string>>): readonly Component[] {
  const prefix = labelNames.component("");
  return Object.entries(labels)
    .filter(([label]) => label.startsWith(prefix))
    .map(([label, sha256]) => ({ name: label.slice(prefix.length), sha256 }));
}
