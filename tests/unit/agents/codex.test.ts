import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codex } from "../../../src/agents/codex.ts";
import { linesOf } from "./fixtures.ts";
import { eventsOf, only } from "./streams.ts";

const versions = ["0.100.0", "0.171.0"] as const;
const id = "00000000-0000-4000-8000-000000000001";

describe.each(versions)("what codex %s says", (version) => {
  it("is told as it goes, with the answer and the tokens at the end", () => {
    expect(eventsOf(codex, `${version}-success`)).toEqual([
      { kind: "session", id },
      ...(version === "0.171.0"
        ? [{ kind: "note", text: expect.stringMatching(/^Model metadata for `gpt-5.4` not found/) }]
        : []),
      { kind: "text", text: "I will look around first." },
      { kind: "tool", name: "shell", summary: "pwd && ls" },
      { kind: "result", text: "/workspace\n", failed: false },
      { kind: "text", text: "Now I write the answer." },
      { kind: "tool", name: "edit", summary: "add /workspace/answer.txt" },
      { kind: "text", text: "The answer is in answer.txt." },
      {
        kind: "end",
        message: "The answer is in answer.txt.",
        usage: { input: 300, cached: 60, output: 30 },
      },
    ]);
  });

  it("holds an answer in a schema", () => {
    const [end] = only(eventsOf(codex, `${version}-structured`), "end");
    expect(end?.structured).toEqual({ answer: "forty-two" });
  });

  it("goes on in the session that it is given", () => {
    const events = eventsOf(codex, `${version}-resume`);
    expect(only(events, "session")).toEqual([{ kind: "session", id }]);
    expect(only(events, "end")[0]?.usage).toEqual({ input: 600, cached: 120, output: 60 });
  });

  it.each([
    ["wrong-key", "wrong key", /^unexpected status 401 .*Incorrect API key provided/],
    ["rate-limit", "rate limit", /^exceeded retry limit, last status: 429/],
    ["overloaded", "overloaded", /^Selected model is at capacity/],
    ["cut", "connection", /^stream disconnected before completion/],
    // 0.100 says the same as of a rate limit
    version === "0.100.0"
      ? (["no-credit", "rate limit", /last status: 429/] as const)
      : (["no-credit", "no credit", /^Quota exceeded/] as const),
  ] as const)("tells of %s in one line", (name, kind, message) => {
    const events = eventsOf(codex, `${version}-${name}`);
    const problem = { kind, message: expect.stringMatching(message) };
    expect(only(events, "error")).toEqual([{ kind: "error", problem }]);
    expect(only(events, "end")).toEqual([{ kind: "end", failed: expect.stringMatching(message) }]);
  });
});

describe("a line of codex", () => {
  const read = (...lines: unknown[]) => {
    const reader = codex.reader();
    return lines.map((line) => reader.read(JSON.stringify(line))).at(-1);
  };
  const completed = (item: object) => ({ type: "item.completed", item: { id: "item_0", ...item } });

  it("of a command that fails is a failed result", () => {
    const item = { type: "command_execution", command: "/bin/bash -lc 'make'", exit_code: 2 };
    expect(read(completed({ ...item, aggregated_output: "no rule", status: "failed" }))).toEqual([
      { kind: "tool", name: "shell", summary: "make" },
      { kind: "result", text: "no rule", failed: true },
    ]);
  });

  it("of a call of an MCP server names the server", () => {
    const item = { type: "mcp_tool_call", server: "docs", tool: "find", arguments: { query: "x" } };
    const error = { message: "it is gone" };
    const begun = { type: "item.started", item: { id: "item_0", ...item } };
    expect(read(begun)).toEqual([{ kind: "tool", name: "docs.find", summary: "x" }]);
    expect(read(begun, completed({ ...item, status: "failed", error }))).toEqual([
      { kind: "result", text: "it is gone", failed: true },
    ]);
  });

  it("of several files has the others in its detail", () => {
    const changes = ["a", "b"].map((path) => ({ path, kind: "update" }));
    expect(read(completed({ type: "file_change", changes, status: "completed" }))).toEqual([
      { kind: "tool", name: "edit", summary: "update a…", detail: "path: update a\nupdate b" },
    ]);
  });

  it.each([
    ["thoughts", completed({ type: "reasoning", text: "hm" }), []],
    ["a list of things to do", completed({ type: "todo_list", items: [] }), []],
    ["a warning", completed({ type: "error", message: "old" }), [{ kind: "note", text: "old" }]],
    ["an unknown item", completed({ type: "hologram" }), undefined],
    ["an unknown type", { type: "thread.folded" }, undefined],
    ["a session without an id", { type: "thread.started" }, undefined],
    ["no object", 42, undefined],
  ])("with %s", (_, line, events) => {
    expect(read(line)).toEqual(events);
  });

  it("that is no JSON is not known", () => {
    for (const line of ["", "{", "Reading prompt from stdin...", "\u0000"]) {
      expect(codex.reader().read(line)).toBeUndefined();
    }
  });

  it("never throws, whatever stands in it", () => {
    const types = ["thread.started", "item.started", "item.completed", "error", "turn.failed"];
    const items = ["agent_message", "command_execution", "file_change", "mcp_tool_call", "error"];
    const line = fc.record({
      type: fc.oneof(fc.constantFrom(...types, "turn.completed"), fc.anything()),
      item: fc.oneof(
        fc.record({ type: fc.constantFrom(...items), changes: fc.anything(), text: fc.anything() }),
        fc.anything(),
      ),
      message: fc.anything(),
      error: fc.anything(),
      usage: fc.anything(),
    });
    const asText = fc.oneof(
      fc.string(),
      line.map((value) => JSON.stringify(value, (_, one) => (typeof one === "bigint" ? 0 : one))),
    );
    fc.assert(
      fc.property(fc.array(asText), (lines) => {
        const reader = codex.reader();
        for (const text of lines) {
          reader.read(text);
          codex.problemIn(text);
        }
      }),
    );
  });
});

describe("how codex is started", () => {
  it("with nothing but the prompt", () => {
    expect(codex.launch({ further: [] }).argv.join(" ")).toBe(
      "codex exec --json --dangerously-bypass-approvals-and-sandbox --skip-git-repo-check --config analytics.enabled=false -",
    );
  });

  it("with everything", () => {
    const { argv, homeFiles } = codex.launch({
      model: "gpt-5.4",
      schemaFile: "/run/schema.json",
      settingsFile: "/run/settings",
      resume: id,
      further: ["--config", "x=1"],
    });
    expect(argv.slice(7)).toEqual(
      `--model gpt-5.4 --output-schema /run/schema.json --config x=1 resume ${id} -`.split(" "),
    );
    expect(homeFiles).toEqual({ ".codex/config.toml": { copyOf: "/run/settings" } });
  });
});

it("codex's own log on standard error is no problem of the API", () => {
  const line =
    "2026-11-28T12:54:14Z ERROR codex_api::endpoint::responses_websocket: failed to connect to Responses WebSocket";
  expect(codex.problemIn(line)).toBeUndefined();
  const stream = linesOf("codex-0.171.0-success.jsonl");
  expect(stream.flatMap((one) => codex.problemIn(one) ?? [])).toEqual([]);
});
