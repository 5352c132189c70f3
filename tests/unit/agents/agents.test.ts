import { expect, it } from "vitest";
import { type AgentName, agents, installLine } from "../../../src/agents/agents.ts";
import { load } from "../settings/workspace.ts";

const names = Object.keys(agents) as AgentName[];

it("knows four agents and no other", () => {
  expect([...names].sort()).toEqual(["claude", "codex", "copilot", "gemini"]);
});

it.each(names)("%s runs without questions, streams, and gets further words as they are", (name) => {
  const further = ["--model", "big one", "$(id) 'q'"];
  const { argv, streams } = agents[name].launch({ further });
  expect(argv[0]).toBe(agents[name].binary);
  expect(argv.join("\n")).toContain(further.join("\n"));
  expect(streams).toBe(true);
});

it.each(names)("%s has a sentence for each thing that it lacks", (name) => {
  for (const why of Object.values(agents[name].lacks)) {
    expect(why).toMatch(/^\S.{20,}/);
  }
});

it("is installed by its npm package's name, in the version that is wanted", () => {
  expect(names.map((name) => installLine(name, "1.2.3"))).toEqual([
    "npm install --global @openai/codex@1.2.3",
    "npm install --global @anthropic-ai/claude-code@1.2.3",
    "npm install --global @google/gemini-cli@1.2.3",
    "npm install --global @github/copilot@1.2.3",
  ]);
  expect(installLine("codex")).toBe("npm install --global @openai/codex@latest");
});

it("lets claude skip permissions as root, and no other agent think it is in a sandbox", () => {
  const environment = (name: AgentName) => agents[name].launch({ further: [] }).environment;
  expect(environment("claude")).toMatchObject({ IS_SANDBOX: "1" });
  for (const name of names.filter((other) => other !== "claude")) {
    expect(environment(name)).not.toHaveProperty("IS_SANDBOX");
  }
});

it.each(["aider", "Codex", "constructor"])("refuses the unknown agent %j", async (agent) => {
  await expect(load({ inputs: { agent, prompt: "x" } })).rejects.toThrow();
});
