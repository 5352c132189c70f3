import { agents } from "../agents/agents.ts";
import { textComponent } from "../keys/components.ts";
import { sha256 } from "../keys/hash.ts";
import { agentKey } from "../keys/keys.ts";
import { agentContent } from "./agent-install.ts";
import { toolFiles } from "./agent-tools.ts";
import { exactVersion, integrityOf } from "./agent-version.ts";
import type { Content } from "./content.ts";
import type { LayerRule } from "./rule.ts";

/** The agent's command line tool, in an exact version. */
export const agentRule: LayerRule = {
  name: "agent",
  title: "agent image",
  keyDescription: "Key of the agent's layer; empty without one.",
  words: { version: "the agent's version" },
  async content({ settings }, { warn, signal, authorities }) {
    const { agent } = settings;
    const wanted = settings["agent-version"];
    if (agent === undefined || wanted === undefined) {
      return undefined;
    }
    const { binary, npmPackage, node } = agents[agent];
    const npm = { signal, authorities };
    const version = await exactVersion(agent, wanted, npm);
    const content: Content = {
      ...(await agentContent({ agent, binary, npmPackage, node, version: version ?? wanted })),
      fetch: (folder, platform) => toolFiles(folder, platform, process.env, npm),
      labels: async () => {
        const integrity = await integrityOf(agent, version ?? wanted, npm);
        return integrity === undefined ? {} : { "io.agent-runner.agent.integrity": integrity };
      },
    };
    if (version === undefined) {
      warn(
        `npm could not tell which version of ${agent} \`${wanted}\` is; it is installed at task start and not cached`,
      );
      return { ...content, cached: false };
    }
    return content;
  },
  // the key has the version; how it is installed is ours and may change
  remarks: (content) => content.scripts.map(({ file, text }) => `${file}: ${sha256(text)}`),
  component: (script, content) => textComponent(script.component, content.agent?.version ?? ""),
  key: (_base, parent, components, content) =>
    agentKey(content.agent?.name ?? "", parent?.key, components),
};
