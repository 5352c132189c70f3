/** What is claimed of every agent, run by its real tool against a stand-in of its model's API. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Fault, type Model, type ModelOptions, says } from "../../harness/models/server.ts";
import { act, layer, messages, type Ran } from "../support/act.ts";
import { bridgeAddress } from "../support/bare-image.ts";
import { installedAgent, installing, versions } from "../support/installed-agent.ts";
import type { Prebuilt } from "../support/once-a-run.ts";
import { workspaceWith } from "../support/workspace.ts";

export interface AgentUnderTest {
  agent: keyof typeof versions;
  startModel: (options: ModelOptions) => Promise<Model>;
  /** Inputs by which the tool reaches the stand-in. */
  inputs: (url: string) => Record<string, string>;
  /** Whether it can be held to a JSON Schema. */
  structured: boolean;
  /** Failures of the API that are tried; all three unless given. */
  faults?: readonly Fault[];
}

export function testAgent({
  agent,
  startModel,
  inputs,
  structured,
  faults = ["wrong key", "rate limit", "cut"],
}: AgentUnderTest) {
  let installed: Prebuilt;
  let host = "";
  let model: Model;
  beforeAll(async () => {
    installed = await installedAgent(agent);
    host = await bridgeAddress();
    model = await startModel({ host });
  }, installing);
  afterAll(() => model.stop());

  const run = async (url: string, more: Record<string, string> = {}): Promise<[Ran, string]> => {
    const workspace = await workspaceWith({});
    const prompt = "Write the answer into answer.txt";
    const result = await act(
      { ...installed.inputs, prompt, ...inputs(url), ...more },
      { workspace },
    );
    return [result, workspace];
  };

  describe(`${agent} ${versions[agent]}`, () => {
    test("is installed on a bare Debian, works, shows what it does, and its answer arrives", async () => {
      const [result, workspace] = await run(model.url);
      expect(messages(result, "error")).toEqual([]);
      expect(result.outputs).toMatchObject({
        conclusion: "success",
        "exit-code": "0",
        "final-message": says.message,
      });
      // by one run, of whatever file, and nothing is installed here
      expect(installed.layers.at(-1)).toMatchObject({ name: "agent", source: "built" });
      expect(layer(result, "agent").source).toBe("local");
      expect(result.outputs["cache-hit"]).toBe("true");
      expect(await readFile(join(workspace, "answer.txt"), "utf8")).toBe(says.content);
      // its turns, in their order, each on a line of its own
      const lines = result.transcript.split("\n");
      const at = [says.first, says.second, says.message].map((line) => lines.indexOf(line));
      expect(at.every((index) => index >= 0)).toBe(true);
      expect(at).toEqual(at.toSorted((one, other) => one - other));
      expect(result.transcript).toMatch(/^> \S+: .*pwd/m);
      expect(result.transcript).not.toMatch(/^\{"/m);
      expect(result.outputs["session-id"]).toMatch(/^[\w-]{8,}$/);
      expect(JSON.parse(result.outputs.usage ?? "")).toMatchObject({});
      const stream = await readFile(result.outputs["agent-stream-path"] ?? "", "utf8");
      expect(stream.split("\n").filter((line) => line.startsWith("{")).length).toBeGreaterThan(4);
      expect(result.summary).toContain(`> ${says.message}`);
      expect(result.stdout).toMatch(
        /^success in .*: exit code 0, 1 file changed, the answer is in the summary$/m,
      );
    });

    const told: Partial<Record<Fault, RegExp>> = {
      "wrong key": /^\S+: wrong key \(.+\); check the secret/,
      "rate limit": /^\S+: rate limit \(.+\); run it again later/,
      cut: /^\S+: connection \(.+\)|^\S+ failed: .*(?:connection|disconnected|stream|JSON)/i,
    };
    // side by side: the tools wait before they try again
    test.concurrent.for([...faults])(
      "%s is told in one line",
      async (fault, { onTestFinished }) => {
        const broken = await startModel({ host, fault });
        onTestFinished(() => broken.stop());
        const [result] = await run(broken.url);
        expect(result.outputs.conclusion).toBe("failure");
        const [message = "", ...more] = messages(result, "error");
        expect(more).toEqual([]);
        expect(message).toMatch(told[fault] ?? /never/);
        expect(message.length).toBeLessThan(300);
        expect(message).not.toContain("\n");
      },
    );

    test("goes on with a session that was kept, and shows only its answer where that is wanted", async () => {
      const sessions = await mkdtemp(join(tmpdir(), "agent-runner-sessions-"));
      onTestFinished(() => rm(sessions, { recursive: true, force: true }));
      await writeFile(join(sessions, "mine"), "mine");
      const kept = { "session-path": sessions };
      const [first] = await run(model.url, { ...kept, "agent-output": "final" });
      expect(first.transcript).toContain(says.message);
      expect(first.transcript).not.toContain(says.first);
      expect(first.outputs["final-message"]).toBe(says.message);
      const id = first.outputs["session-id"] ?? "";
      expect(id).not.toBe("");
      expect((await readdir(sessions)).length).toBeGreaterThan(1);
      // what else was there is the user's
      expect(await readFile(join(sessions, "mine"), "utf8")).toBe("mine");
      const before = model.requests.length;
      const [second] = await run(model.url, { ...kept, resume: id, prompt: "And now the rest" });
      expect(messages(second, "error")).toEqual([]);
      const asked = model.requests.slice(before).map(({ body }) => JSON.stringify(body));
      expect(
        asked.some((text) => text.includes("And now the rest") && text.includes(says.first)),
      ).toBe(true);
    });

    test.runIf(structured)("gives its answer in the form that was asked for", async () => {
      const schema = {
        type: "object",
        properties: { answer: { type: "string" } },
        required: ["answer"],
        additionalProperties: false,
      };
      const [result] = await run(model.url, { "agent-schema": JSON.stringify(schema) });
      expect(result.outputs.conclusion).toBe("success");
      expect(JSON.parse(result.outputs["structured-output"] ?? "")).toEqual(says.structured);
    });
  });
}
