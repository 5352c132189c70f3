import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claude } from "../../../src/agents/claude.ts";
import { endOf, faults, filesOf, linesOf, problemsOf, readAll } from "./fixtures.ts";

const versions = ["2.0.0", "2.1.332"];
const read = (file: string) => readAll(claude.reader(), linesOf(file));

test.each(filesOf("claude", ".jsonl"))("%s has no line that it does not know", (file) => {
  expect(read(file).unknown).toEqual([]);
});

describe.each([...versions, "2.0.77"])("%s", (version) => {
  test("three turns, as a person would tell them", () => {
    const { events } = read(`claude-${version}-success.jsonl`);
    expect(events).toMatchObject([
      {
        kind: "session",
        id: expect.stringMatching(/^0{8}-/),
        model: expect.stringMatching(/^claude/),
      },
      { kind: "text", text: "I will look around first." },
      { kind: "tool", name: "Bash", summary: "pwd && ls" },
      { kind: "result", text: "/workspace", failed: false },
      { kind: "text", text: "Now I write the answer." },
      {
        kind: "tool",
        name: "Write",
        summary: "/workspace/answer.txt",
        detail: "content: forty-two",
      },
      { kind: "result", failed: false },
      { kind: "text", text: "The answer is in answer.txt." },
      {
        kind: "end",
        message: "The answer is in answer.txt.",
        usage: {
          input: 480,
          cached: 120,
          output: 45,
          cost: expect.any(Number),
          turns: expect.any(Number),
          seconds: expect.any(Number),
        },
      },
    ]);
    expect(endOf(events)).not.toHaveProperty("failed");
  });
});

describe.each(versions)("%s", (version) => {
  test("a resumed session keeps its number", () => {
    const [first] = read(`claude-${version}-success.jsonl`).events;
    const [again] = read(`claude-${version}-resume.jsonl`).events;
    expect(again).toEqual(first);
  });

  test.each(faults)("%s", (name, kind) => {
    const { events } = read(`claude-${version}-${name}.jsonl`);
    const end = endOf(events);
    expect(end.failed).toBeDefined();
    expect(end).not.toHaveProperty("message");
    // 2.0.0 does not notice that the stream broke
    if (name !== "cut" || version !== "2.0.0") {
      expect(problemsOf(events).at(-1)?.kind).toBe(kind);
      expect(problemsOf(events).at(-1)?.message).toMatch(/^[^\n]{1,300}$/);
    }
  });

  test("without any key it says so", () => {
    const { events } = read(`claude-${version}-no-key.jsonl`);
    expect(problemsOf(events)).toMatchObject([{ kind: "wrong key" }]);
  });

  test("the limit of turns is no success, whatever the exit code says", () => {
    const { events } = read(`claude-${version}-max-turns.jsonl`);
    expect(endOf(events).failed).toMatch(/turns/);
    expect(problemsOf(events)).toEqual([]);
  });
});

test.each(["2.0.77", "2.1.332"])("%s: the limit of cost is told by its setting", (version) => {
  const { events } = read(`claude-${version}-max-budget.jsonl`);
  expect(endOf(events)).toMatchObject({
    failed: "it reached the limit of what it may cost (`agent-max-cost`)",
    usage: { cost: expect.any(Number) },
  });
  expect(problemsOf(events)).toEqual([]);
});

test("a stream that 2.0.0 takes for whole is told as cut", () => {
  const { events } = read("claude-2.0.0-cut.jsonl");
  expect(endOf(events).failed).toMatch(/connection to the API was cut/);
});

test("the API's words, without the JSON around them", () => {
  const { events } = read("claude-2.0.0-rate-limit.jsonl");
  expect(problemsOf(events)[0]?.message).toMatch(/^This request would exceed your organization's/);
});

test("a retry is told with how long it takes", () => {
  const { events } = read("claude-2.1.332-rate-limit.jsonl");
  expect(problemsOf(events)[0]).toEqual({
    kind: "rate limit",
    message: expect.stringMatching(/^429 rate limit; it tries again in 0\.\d s \(1 of 1\)$/),
  });
});

test.each(["2.0.77", "2.1.332"])("%s answers in a schema", (version) => {
  const { events } = read(`claude-${version}-structured.jsonl`);
  expect(endOf(events).structured).toEqual({ answer: "forty-two" });
});

describe("its arguments", () => {
  test("the plain ones", () => {
    const { argv, environment, streams } = claude.launch({ further: ["--add-dir", "/data"] });
    expect(argv.join(" ")).toBe(
      "claude --print --verbose --output-format stream-json --dangerously-skip-permissions --add-dir /data",
    );
    expect(environment).toMatchObject({ IS_SANDBOX: "1", DISABLE_AUTOUPDATER: "1" });
    expect(streams).toBe(true);
  });

  test("all of them", () => {
    const { argv } = claude.launch({
      model: "opus",
      maxTurns: 5,
      maxCost: 2.5,
      settingsFile: "/s.json",
      mcpFile: "/m.json",
      schemaText: '{"type":"object"}',
      resume: "id",
      further: [],
    });
    expect(argv.join(" ")).toBe(
      'claude --print --mcp-config /m.json --verbose --output-format stream-json --dangerously-skip-permissions --model opus --max-turns 5 --max-budget-usd 2.5 --settings /s.json --json-schema {"type":"object"} --resume id',
    );
  });
});

test.each([
  ["2.0.29", true],
  ["2.0.30", false],
  ["2.1.332", false],
  [undefined, false], // what the image has says itself what it does not know
])("a limit of cost is too new for %s: %s", (version, tooOld) => {
  const launch = () =>
    claude.launch({ maxCost: 1, further: [], ...(version !== undefined && { version }) });
  if (tooOld) expect(launch).toThrow(/2\.0\.29 has no limit of cost.*2\.0\.30 and newer/);
  else expect(launch().argv).toContain("--max-budget-usd");
});

describe("plain lines", () => {
  test.each([
    ["API Error: 529 Overloaded", "overloaded"],
    ["Invalid API key · Please run /login", "wrong key"],
    ["Credit balance is too low", "no credit"],
    ["API Error: Connection error.", "connection"],
  ])("%s", (line, kind) => {
    expect(claude.problemIn(line)?.kind).toBe(kind);
  });

  test.each(["", "I handle the rate limit now.", "npm warn deprecated"])("%s is none", (line) => {
    expect(claude.problemIn(line)).toBeUndefined();
  });
});

test.each([
  "",
  "npm warn",
  "{",
  "null",
  "[]",
  "42",
  '{"type":"new"}',
  '{"type":"assistant"}',
  '{"type":"user","message":{"content":7}}',
])("%s is shown as it is", (line) => {
  expect(claude.reader().read(line)).toBeUndefined();
});

test("no line throws", () => {
  const lines = filesOf("claude", ".jsonl").flatMap(linesOf);
  const keys = fc.constantFrom("type", "subtype", "message", "content", "usage", "result", "error");
  const types = fc.constantFrom("system", "assistant", "user", "result", "init");
  const object = fc.dictionary(keys, fc.oneof(types, fc.jsonValue()));
  const broken = fc
    .tuple(fc.constantFrom(...lines), fc.nat(3000))
    .map(([line, at]) => line.slice(0, at));
  const any = fc.oneof(
    fc.string(),
    broken,
    object.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (some) => {
      readAll(claude.reader(), some);
      some.forEach(claude.problemIn);
    }),
  );
});
