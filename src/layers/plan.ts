import { type Component, textComponent } from "../keys/components.ts";
import { type Content, isPresent } from "./content.ts";
import { labelsOf } from "./labels.ts";
import { type BaseIdentity, type Layer, type LayerOptions, repositoryOf } from "./layer.ts";
import type { LayerRule } from "./rule.ts";
import { layerRules } from "./rules.ts";
import { dockerfileTemplate } from "./template.ts";

/** The layers of the cached contents, bottom first, each on the one before it. Pure. */
export function planLayers(
  base: BaseIdentity,
  contents: readonly Content[],
  options: LayerOptions,
  rules: readonly LayerRule[] = layerRules,
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

function planLayer(
  rule: LayerRule,
  base: BaseIdentity,
  parent: Layer | undefined,
  content: Content,
  options: LayerOptions,
): Layer {
  const template = dockerfileTemplate({
    scripts: content.scripts.filter(isPresent).map((script) => script.file),
    withFiles: content.files.length > 0 || content.fetch !== undefined,
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
    title: rule.title,
    key,
    reference: `${repositoryOf(rule.name)}:${key}`,
    parent,
    content,
    components,
    template,
    labels: labelsOf(rule.name, key, components, parent?.key),
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
