import type { Settings } from "../settings/schema.ts";
import type { Agent } from "./agent.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { copilot } from "./copilot.ts";
import { gemini } from "./gemini.ts";

export type AgentName = NonNullable<Settings["agent"]>;

/** The coding agents there are. A further one is one more file and one more line. */
export const agents: Readonly<Record<AgentName, Agent>> = { codex, claude, gemini, copilot };

/** The line of a cached preflight that installs an agent. */
export function installLine(agent: AgentName, version = "latest"): string {
  return `npm install --global ${agents[agent].npmPackage}@${version}`;
}
