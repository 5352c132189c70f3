import { getExecOutput } from "@actions/exec";
import { type AgentName, agents } from "../task/agents.ts";

/** An exact version as npm has them; anything else (`latest`, `1`, `next`) has to be looked up. */
const exact = /^\d+\.\d+\.\d+(?:[-+][A-Za-z0-9.+-]+)?$/;

/**
 * The exact version behind `agent-version`, since a key must not depend on the day. Asks npm, which
 * knows the registry to ask; undefined where npm is missing or does not know.
 */
export async function exactVersion(agent: AgentName, wanted: string): Promise<string | undefined> {
  if (exact.test(wanted)) {
    return wanted;
  }
  const argv = ["view", `${agents[agent].npmPackage}@${wanted}`, "version", "--json"];
  try {
    const { exitCode, stdout } = await getExecOutput("npm", argv, {
      silent: true,
      ignoreReturnCode: true,
    });
    const found: unknown = exitCode === 0 ? JSON.parse(stdout) : undefined;
    const version = Array.isArray(found) ? found.at(-1) : found; // a range has several
    return typeof version === "string" && exact.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}
