import { installLine } from "../agents/agents.ts";
import { textComponent } from "../keys/components.ts";
import { sha256 } from "../keys/hash.ts";
import { agentKey } from "../keys/keys.ts";
import { agentContent } from "./agent-install.ts";
import { exactVersion } from "./agent-version.ts";
import type { LayerRule } from "./rule.ts";

/** The agent's command line tool, in an exact version. */
export const agentRule: LayerRule = {
  name: "agent",
  title: "agent image",
  keyDescription: "Key of the agent's layer; empty without one.",
  words: { version: "the agent's version" },
  async content({ settings }, { warn, signal }) {
    const { agent } = settings;
    const wanted = settings["agent-version"];
    if (agent === undefined || wanted === undefined) {
      return undefined;
    }
    const version = await exactVersion(agent, wanted, { signal });
    if (version === undefined) {
      warn(
        `npm could not tell which version of ${agent} \`${wanted}\` is; it is installed at task start and not cached`,
      );
      return { ...agentContent(agent, wanted, installLine(agent, wanted)), cached: false };
    }
    return agentContent(agent, version, installLine(agent, version));
  },
  // the key has the version; how it is installed is ours and may change
  remarks: (content) => content.scripts.map(({ file, text }) => `${file}: ${sha256(text)}`),
  component: (script, content) => textComponent(script.component, content.agent?.version ?? ""),
  key: (_base, parent, components, content) =>
    agentKey(content.agent?.name ?? "", parent?.key, components),
};
