import { describe, expect, it } from "vitest";
import { agents } from "../../../src/agents/agents.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { BadInput } from "../../../src/settings/problem.ts";
import { workspace } from "./workspace.ts";

/** The job, or what is wrong with it; files are those of the workspace. */
async function load(inputs: Record<string, string>, files: Record<string, string> = {}) {
  const folder = workspace(files);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  try {
    return { job: await loadJob(readInputs(given), folder, {}, { limits: agents }), messages: [] };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { job: undefined, messages: error.problems.map(({ message }) => message) };
  }
}

describe("an agent's settings", () => {
  it.each(["prebuild", "plan"])("%s needs no prompt", async (mode) => {
    const { messages } = await load({ mode, agent: "claude", "agent-version": "latest" });
    expect(messages).toEqual([]);
  });

  it("run needs one", async () => {
    expect((await load({ agent: "claude" })).messages).toEqual([
      expect.stringMatching(/^agent: prompt is missing/),
    ]);
  });

  it("an `agent` in the workflow hides what the file says of its own", async () => {
    const file = "agent: claude\nagent-version: 2.1.0\nagent-model: opus\n";
    const inputs = { environment: "e.yml", agent: "codex", prompt: "x" };
    const { job } = await load(inputs, { "e.yml": file });
    expect(job?.settings).toMatchObject({ agent: "codex" });
    expect(job?.settings["agent-version"]).toBeUndefined();
    expect(job?.settings["agent-model"]).toBeUndefined();
    const same = await load({ ...inputs, agent: "claude" }, { "e.yml": file });
    expect(same.job?.settings["agent-version"]).toBe("2.1.0");
  });

  it("an `agent-version` in a file waits for runs with an agent; one in the workflow misses it", async () => {
    const inputs = { environment: "e.yml", command: "true" };
    const { job } = await load(inputs, { "e.yml": "agent-version: 2.1.0\n" });
    expect(job?.warnings).toEqual([]); // it is there for the runs that have one
    expect((await load({ command: "true", "agent-version": "1.0.0" })).messages).toEqual([
      expect.stringMatching(/^agent-version: agent is missing/),
    ]);
  });

  it("what a tool does not have is refused with a sentence, all at once", async () => {
    const schema = '{"type":"object"}';
    const { messages } = await load({
      agent: "copilot",
      prompt: "x",
      "agent-schema": schema,
      "agent-max-turns": "3",
    });
    expect(messages).toEqual([
      expect.stringMatching(/^agent-max-turns: copilot /),
      expect.stringMatching(/^agent-schema: copilot /),
    ]);
  });

  it.each([
    ["codex", /^agent-max-cost: codex does not tell its cost/],
    ["gemini", /^agent-max-cost: Gemini CLI does not tell its cost/],
    ["copilot", /^agent-max-cost: copilot does not tell its cost in dollars/],
  ])("a limit of cost is refused for %s", async (agent, says) => {
    const { messages } = await load({ agent, prompt: "x", "agent-max-cost": "2.50" });
    expect(messages).toEqual([expect.stringMatching(says)]);
  });

  it("a limit of cost is taken for claude", async () => {
    const { job } = await load({ agent: "claude", prompt: "x", "agent-max-cost": "2.50" });
    expect(job?.settings["agent-max-cost"]).toBe("2.50");
  });

  it("files are read, and texts taken as they stand", async () => {
    const inputs = { agent: "claude", prompt: "x" };
    const mcp = '{"mcpServers":{"docs":{"command":"docs"}}}';
    const { job } = await load(
      {
        ...inputs,
        "agent-settings": '{"a": 1}',
        "agent-mcp": "mcp.json",
        "agent-schema": "s.json",
      },
      { "mcp.json": mcp, "s.json": '{"type":"object"}' },
    );
    expect(job?.agentFiles).toEqual({ settings: '{"a": 1}', mcp, schema: '{"type":"object"}' });
  });

  it.each([
    ["agent-mcp", "mcp.json", /mcpServers/],
    ["agent-mcp", "gone.json", /does not exist/],
    ["agent-schema", "{not json}", /no JSON Schema/],
    ["agent-schema", '{"type": "nothing"}', /no JSON Schema/],
    ["agent-max-turns", "many", /whole number/],
    ["agent-model", "--flag", /name of a model/],
    ["resume", "../x", /id of a session/],
  ])("%s: %s is told", async (name, value, says) => {
    const { messages } = await load(
      { agent: "claude", prompt: "x", [name]: value },
      { "mcp.json": "[]" },
    );
    expect(messages).toEqual([expect.stringMatching(says)]);
    expect(messages[0]).toMatch(new RegExp(`^${name}: `));
  });
});
