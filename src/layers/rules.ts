import type { Job } from "../settings/load.ts";
import { agentRule } from "./agent.ts";
import type { Content } from "./content.ts";
import { desktopRule } from "./desktop.ts";
import { environmentRule } from "./environment.ts";
import type { ContentTools, LayerRule } from "./rule.ts";

/** The layers there are, bottom first. A further one is one more entry. */
export const layerRules: readonly LayerRule[] = [desktopRule, environmentRule, agentRule];

/** What a job's tasks need beyond the base image, in the order it is installed. */
export async function contentsOf(
  job: Job,
  tools: ContentTools,
  rules: readonly LayerRule[] = layerRules,
): Promise<readonly Content[]> {
  const contents = await Promise.all(rules.map((rule) => rule.content(job, tools)));
  return contents.filter((content) => content !== undefined);
}

/** What people call a component: `the cached preflight`; its name where no rule has a word for it. */
export function componentWord(name: string, rules: readonly LayerRule[] = layerRules): string {
  const how = "(`cache-version`, secrets, or this action itself)";
  if (name === "base") {
    return "the base image";
  }
  if (name === "dockerfile") {
    return `how the image is built ${how}`;
  }
  const parent = rules.find((rule) => name === `${rule.name}-dockerfile`);
  if (parent !== undefined) {
    return `how the ${parent.title} is built ${how}`;
  }
  return rules.map(({ words }) => words[name]).find((word) => word !== undefined) ?? name;
}
