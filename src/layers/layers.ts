import { type Component, preflightComponent, textComponent } from "../keys/components.ts";
import { sha256 } from "../keys/hash.ts";
import { agentKey, desktopKey, envKeyOnBase, envKeyOnDesktop } from "../keys/keys.ts";
import type { StagedFile } from "../settings/cached-files.ts";
import { dockerfileTemplate } from "./template.ts";

/** A script of a layer: canonical text, and what people call it. */
export interface LayerScript {
  /** The component it is in the key: `install`, `setup`, `preflight`. */
  readonly component: string;
  /** Its file in the build context and in the container. */
  readonly file: string;
  readonly text: string;
  /** For messages: a setting's name, the path of the user's file, or `the desktop that ships`. */
  readonly label: string;
  /** The user's file in the workspace, for annotations. */
  readonly source?: string | undefined;
}

/**
 * What a task needs beyond the base image, in the order it is installed. The cached ones become
 * layers; what no image provides is run at task start.
 */
export interface Content {
  readonly name: LayerName;
  readonly scripts: readonly LayerScript[];
  readonly files: readonly StagedFile[];
  /** Whether its toggle is on. */
  readonly cached: boolean;
  /** A failure at task start is a warning (`headless-desktop: optional`). */
  readonly optional: boolean;
  /** Of the agent's own content: which tool, in which exact version. */
  readonly agent?: { readonly name: string; readonly version: string };
}

/** The identity of the base image that keys are made of. */
export interface BaseIdentity {
  readonly variant: string;
  /** Hex of the config digest for the platform, 64 characters. */
  readonly sha256: string;
}

/** A layer with its name: everything that is known before any engine was asked. */
export interface Layer {
  readonly name: LayerName;
  readonly key: string;
  /** `agent-runner-env:<key>`, the local name. */
  readonly reference: string;
  readonly parent: Layer | undefined;
  readonly content: Content;
  readonly components: readonly Component[];
  /** The Dockerfile, its parent still a placeholder. */
  readonly template: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LayerOptions {
  readonly cacheVersion: string | undefined;
  readonly secrets: readonly string[];
}

interface LayerRule {
  readonly name: string;
  /** For the template: what changes the build and is in no component. */
  remarks?(content: Content): readonly string[];
  /** The component of a script of this layer. */
  component(script: LayerScript, content: Content): Component;
  key(
    base: BaseIdentity,
    parent: Layer | undefined,
    components: readonly Component[],
    content: Content,
  ): string;
}

/** The layers there are, bottom first. A further one is one more entry. */
const rules = [
  {
    name: "desktop",
    component: (script) => textComponent(script.component, script.text),
    key: (base, _parent, components) => desktopKey(base.variant, components),
  },
  {
    name: "env",
    component: (script, content) => preflightComponent(script.text, content.files),
    key: (base, parent, components) =>
      parent === undefined
        ? envKeyOnBase(base.variant, components)
        : envKeyOnDesktop(parent.key, components),
  },
  {
    name: "agent",
    // the key has the version; how it is installed is ours and may change
    remarks: (content) => content.scripts.map(({ file, text }) => `${file}: ${sha256(text)}`),
    component: (script, content) => textComponent(script.component, content.agent?.version ?? ""),
    key: (_base, parent, components, content) =>
      agentKey(content.agent?.name ?? "", parent?.key, components),
  },
] as const satisfies readonly LayerRule[];

export type LayerName = (typeof rules)[number]["name"];

export const layerNames: readonly LayerName[] = rules.map((rule) => rule.name);

/** What an image of ours says of itself. */
export const labelNames = {
  layer: "io.agent-runner.layer",
  key: "io.agent-runner.key",
  parent: "io.agent-runner.parent",
  component: (name: string) => `io.agent-runner.component.${name}`,
};

/** The repository of a layer's images, below a registry or alone. */
export function repositoryOf(name: string): string {
  return `agent-runner-${name}`;
}

/** The layers of the cached contents, bottom first, each on the one before it. Pure. */
export function planLayers(
  base: BaseIdentity,
  contents: readonly Content[],
  options: LayerOptions,
): readonly Layer[] {
  const layers: Layer[] = [];
  for (const rule of rules) {
    const content = contents.find(({ name, cached }) => cached && name === rule.name);
    if (content !== undefined) {
      layers.push(planLayer(rule, base, layers.at(-1), content, options));
    }
  }
  return layers;
}

/** An absent script (the setup script may be) is part of the key, as zero bytes, and never run. */
export function isPresent(script: LayerScript): boolean {
  return script.text !== "";
}

function planLayer(
  rule: LayerRule & { name: LayerName },
  base: BaseIdentity,
  parent: Layer | undefined,
  content: Content,
  options: LayerOptions,
): Layer {
  const template = dockerfileTemplate({
    scripts: content.scripts.filter(isPresent).map((script) => script.file),
    withFiles: content.files.length > 0,
    remarks: rule.remarks?.(content) ?? [],
    ...options,
  });
  const components = [
    ...inherited(base, parent),
    ...content.scripts.map((script) => rule.component(script, content)),
    { ...textComponent("dockerfile", template), text: template },
  ];
  const key = rule.key(base, parent, components, content);
  return {
    name: rule.name,
    key,
    reference: `${repositoryOf(rule.name)}:${key}`,
    parent,
    content,
    components,
    template,
    labels: {
      ...labelsOf(rule.name, key, components),
      ...(parent === undefined ? {} : { [labelNames.parent]: parent.key }),
    },
  };
}

/** The parent's components, so that a miss can be explained down to the base. */
function inherited(base: BaseIdentity, parent: Layer | undefined): readonly Component[] {
  if (parent === undefined) {
    return [{ name: "base", sha256: base.sha256 }];
  }
  return parent.components.map((component) =>
    component.name === "dockerfile"
      ? { name: `${parent.name}-dockerfile`, sha256: component.sha256 }
      : component,
  );
}

function labelsOf(name: string, key: string, components: readonly Component[]) {
  return {
    [labelNames.layer]: name,
    [labelNames.key]: key,
    ...Object.fromEntries(
      components.map((component) => [labelNames.component(component.name), component.sha256]),
    ),
  };
}

/** The components an image's labels claim; the other way round of the labels above. */
export function componentsOf(labels: Readonly<Record<string, string>>): readonly Component[] {
  const prefix = labelNames.component("");
  return Object.entries(labels)
    .filter(([label]) => label.startsWith(prefix))
    .map(([label, sha256]) => ({ name: label.slice(prefix.length), sha256 }));
}
