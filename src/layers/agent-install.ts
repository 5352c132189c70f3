import { readAsset } from "../assets.ts";
import { bundled } from "./agent-tools.ts";
import type { Content } from "./content.ts";

/** What an installation needs to know of a tool. */
export interface AgentPackage {
  readonly agent: string;
  readonly binary: string;
  readonly npmPackage: string;
  /** As npm takes it, by the setting's pattern; exact wherever npm could be asked. */
  readonly version: string;
  /** The major version of Node.js that the tool needs at least. */
  readonly node: number;
}

/**
 * The content of the agent's own layer: just its command line tool, in an exact version, so that a
 * new version rebuilds seconds of work and not the environment.
 *
 * @param bundles the versions of Node.js and npm that it brings for an image without
 */
export async function agentContent(tool: AgentPackage, bundles = bundled): Promise<Content> {
  const { agent, version } = tool;
  return {
    name: "agent",
    title: `${agent} ${version}`,
    scripts: [
      {
        component: "version",
        file: "agent.sh",
        text: `${parameters(tool, bundles)}${await readAsset("container/install-agent.sh")}`,
        label: `the installation of ${agent} ${version} (\`agent-version\`)`,
      },
    ],
    files: [],
    cached: true,
    optional: false,
    agent: { name: agent, version },
  };
}

/** What is told to `container/install-agent.sh`, before its own text. Names, numbers and versions: nothing to quote. */
function parameters(tool: AgentPackage, bundles: typeof bundled): string {
  const { agent, binary, npmPackage, version, node } = tool;
  return `agent=${agent} binary=${binary} package=${npmPackage} version=${version} node=${node} bundled_node=${bundles.node} bundled_npm=${bundles.npm}\n`;
}
