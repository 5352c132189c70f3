import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copilot } from "../../../src/agents/copilot.ts";
import { linesOf } from "./fixtures.ts";
import { eventsOf, only } from "./streams.ts";

const versions = ["1.0.22", "1.0.102"] as const;
const anId = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe.each(versions)("what copilot %s says", (version) => {
  it("is told as it goes, with the session's id at the end", () => {
    const patch = "*** Begin Patch\n*** Add File: answer.txt\n+forty-two\n*** End Patch\n";
    expect(eventsOf(copilot, `${version}-success`)).toEqual([
      { kind: "text", text: "I will look around first." },
      { kind: "tool", name: "bash", summary: "pwd && ls" },
      { kind: "result", text: "/workspace", failed: false },
      { kind: "text", text: "Now I write the answer." },
      {
        kind: "tool",
        name: "apply_patch",
        summary: "add answer.txt",
        detail: expect.stringContaining(patch.trimEnd()),
      },
      { kind: "result", text: "Added 1 file(s): /workspace/answer.txt", failed: false },
      { kind: "text", text: "The answer is in answer.txt." },
      { kind: "session", id: anId },
      {
        kind: "end",
        message: "The answer is in answer.txt.",
        usage: {
          turns: 3,
          seconds: expect.any(Number),
          ...(version === "1.0.22" && { output: 30 }),
        },
      },
    ]);
  });

  it("goes on in a session, whose age is not the run's", () => {
    const [end] = only(eventsOf(copilot, `${version}-resume`), "end");
    expect(end?.message).toBe("The answer is in answer.txt.");
    expect(end?.usage?.turns).toBe(3);
    expect(end?.usage?.seconds).toBeLessThan(10);
  });

  it.each([
    ["wrong-key", "wrong key", /Incorrect API key|Authentication failed with provider/],
    ["rate-limit", "rate limit", /Rate limit reached/],
    ["no-credit", "no credit", /You exceeded your current quota/],
    ["overloaded", "overloaded", /overloaded/],
    ["cut", "connection", /unexpected EOF|connection terminated/],
  ] as const)("tells of %s in one line", (name, kind, message) => {
    const events = eventsOf(copilot, `${version}-${name}`);
    const problem = { kind, message: expect.stringMatching(message) };
    expect(only(events, "error")).toEqual([{ kind: "error", problem }]);
    const [end] = only(events, "end");
    expect(end?.failed).toMatch(name === "wrong-key" ? /Authentication failed/ : message);
    expect(end?.message).toBeUndefined();
    expect(only(events, "session")).toEqual([{ kind: "session", id: anId }]);
  });
});

describe("a line of copilot", () => {
  const read = (type: string, data?: object, rest?: object) =>
    copilot.reader().read(JSON.stringify({ type, ...(data && { data }), ...rest }));

  it.each([
    ["that fails", { success: false, error: { message: "no such tool" } }, "no such tool", true],
    [
      "of a command with an exit code",
      { success: true, shellExecution: { exitCode: 2 } },
      "",
      true,
    ],
    [
      "of a command with an exit code in its text",
      { success: true, result: { content: "oh\n<exited with exit code 1>" } },
      "oh",
      true,
    ],
    ["with nothing", {}, "", false],
  ])("of a result %s", (_, data, text, failed) => {
    expect(read("tool.execution_complete", data)).toEqual([{ kind: "result", text, failed }]);
  });

  it("of a subagent is no answer", () => {
    const reader = copilot.reader();
    const say = (data: object) => reader.read(JSON.stringify({ type: "assistant.message", data }));
    say({ content: "mine" });
    expect(say({ content: "its", parentToolCallId: "1" })).toEqual([{ kind: "text", text: "its" }]);
    expect(reader.read('{"type":"result","exitCode":0}')).toEqual([
      { kind: "end", message: "mine", usage: { turns: 0 } },
    ]);
  });

  it("that ends without a reason has the exit code", () => {
    expect(read("result", undefined, { exitCode: 3 })).toEqual([
      { kind: "end", usage: { turns: 0 }, failed: "exit code 3" },
    ]);
  });

  it("that is not kept in the session's file says nothing", () => {
    expect(read("session.sings", {}, { ephemeral: true })).toEqual([]);
    expect(read("session.sings", {})).toBeUndefined();
  });

  it("that is no JSON is not known", () => {
    for (const line of ["", "{", "[]", "null", "● Thinking"]) {
      expect(copilot.reader().read(line)).toBeUndefined();
    }
  });

  it("never throws, whatever stands in it", () => {
    const types = ["assistant.message", "tool.execution_start", "tool.execution_complete"];
    const line = fc.record({
      type: fc.oneof(
        fc.constantFrom(...types, "model.call_failure", "session.error", "result"),
        fc.anything(),
      ),
      data: fc.oneof(
        fc.record({ content: fc.anything(), arguments: fc.anything(), result: fc.anything() }),
        fc.anything(),
      ),
      timestamp: fc.anything(),
      exitCode: fc.anything(),
    });
    const asText = fc.oneof(
      fc.string(),
      line.map((value) => JSON.stringify(value, (_, one) => (typeof one === "bigint" ? 0 : one))),
    );
    fc.assert(
      fc.property(fc.array(asText), (lines) => {
        const reader = copilot.reader();
        for (const text of lines) {
          reader.read(text);
          copilot.problemIn(text);
        }
      }),
    );
  });
});

describe("what copilot writes to standard error", () => {
  it.each([
    ["1.0.22-no-token", "No authentication information found."],
    ["1.0.102-no-token", "No authentication information found."],
    ["1.0.102-bad-token", "Authentication failed"],
    ["1.0.102-no-access", "Access denied by policy settings"],
    ["1.0.102-job-token", "400 Bad Request"],
  ])("with %s is a wrong key", (name, message) => {
    const problems = linesOf(`copilot-${name}.stderr.txt`).flatMap(
      (line) => copilot.problemIn(line) ?? [],
    );
    expect(problems).toEqual([{ kind: "wrong key", message }]);
  });
});

describe("how copilot is started", () => {
  it("with nothing but the prompt", () => {
    const { argv, environment, homeFiles } = copilot.launch({ further: [] });
    expect(argv.join(" ")).toBe("copilot --allow-all --no-ask-user --output-format json");
    expect(environment).toEqual({ COPILOT_AUTO_UPDATE: "false" });
    expect(homeFiles).toBeUndefined();
  });

  it("with everything", () => {
    const options = { model: "gpt-5.4", mcpFile: "/run/mcp.json", resume: "abc" };
    expect(copilot.launch({ ...options, further: ["--stream", "off"] }).argv.slice(5)).toEqual(
      "--model gpt-5.4 --additional-mcp-config @/run/mcp.json --resume=abc --stream off".split(" "),
    );
  });

  it.each([
    ["1.0.22", "config.json"],
    ["1.0.34", "config.json"],
    ["1.0.35", "settings.json"],
    ["1.0.102", "settings.json"],
    ["1.1.0", "settings.json"],
    ["0.9.99", "config.json"],
    [undefined, "settings.json"],
  ])("%s has its settings in %s", (version, file) => {
    const options = { settingsFile: "/run/s", further: [] };
    const { homeFiles } = copilot.launch({ ...options, ...(version && { version }) });
    expect(homeFiles).toEqual({ [`.copilot/${file}`]: { copyOf: "/run/s" } });
  });
});
