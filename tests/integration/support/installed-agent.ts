/** The real agents from npm, each installed once a run of the tests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BARE_IMAGE, ensureBareImage } from "./bare-image.ts";
import { type Prebuilt, prebuilt } from "./once-a-run.ts";

/** What a file's tests wait at most for it, on a busy machine. */
export const installing = 600_000;

/** The versions whose streams and settings the tests know. */
export const versions = {
  claude: "2.1.332",
  codex: "0.171.0",
  copilot: "1.0.102",
  gemini: "0.61.0",
};

/** On a bare Debian, with a Node.js of its own; its inputs are those of a run that starts it. */
export async function installedAgent(agent: keyof typeof versions): Promise<Prebuilt> {
  await ensureBareImage();
  const inputs = { "base-image": BARE_IMAGE, agent, "agent-version": versions[agent] };
  return prebuilt(agent, agent === "claude" ? { ...inputs, ...(await asInExamples()) } : inputs);
}

/** What the environment of the examples has beside the agent: they start from the same image. */
async function asInExamples(): Promise<Record<string, string>> {
  const script = join(import.meta.dirname, "../../../examples/agent/scripts/cached-preflight.sh");
  return {
    "cached-preflight": await readFile(script, "utf8"),
    "cache-container-build": "true",
  };
}
