import { expect, it } from "vitest";
import { withModelKeyOnly } from "../../../src/modes/fork-secrets.ts";
import { load } from "../settings/workspace.ts";

const step: NodeJS.ProcessEnv = {
  ANTHROPIC_API_KEY: "sk-ant-0123456789",
  NPM_TOKEN: "npm_0123456789",
  GH_TOKEN: "ghp_0123456789",
  COPILOT_GITHUB_TOKEN: "github_pat_0123456789",
};

it.each([
  ["claude", ["ANTHROPIC_API_KEY"]],
  ["copilot", ["COPILOT_GITHUB_TOKEN"]],
  ["codex", []],
])("%s on a fork gets its model's key, and no other secret", async (agent, kept) => {
  const env = `${Object.keys(step).join("\n")}\nPLAIN=value\nMY_TOKEN=in-the-workflow`;
  const loaded = await load({ inputs: { agent, prompt: "do it", env }, step });
  const { job, withheld } = withModelKeyOnly(loaded);
  expect([...job.environment.keys()].sort()).toEqual([...kept, "PLAIN"].sort());
  expect([...job.secretNames]).toEqual(kept);
  expect(withheld).toEqual(
    [...Object.keys(step), "MY_TOKEN"].filter((name) => !kept.includes(name as never)),
  );
});

it("a command gets none", async () => {
  const env = Object.keys(step).join("\n");
  const loaded = await load({ inputs: { command: "true", env }, step });
  expect(withModelKeyOnly(loaded).job.environment.size).toBe(0);
});
