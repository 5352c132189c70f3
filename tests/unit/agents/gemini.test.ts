import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gemini } from "../../../src/agents/gemini.ts";
import { endOf, faults, filesOf, linesOf, problemsOf, readAll } from "./fixtures.ts";

const versions = ["0.30.0", "0.61.0"];
const read = (file: string) => readAll(gemini.reader(), linesOf(file));

test.each(filesOf("gemini", ".jsonl"))("%s has no line that it does not know", (file) => {
  expect(read(file).unknown).toEqual([]);
});

describe.each(versions)("%s", (version) => {
  test("three turns, as a person would tell them", () => {
    const { events } = read(`gemini-${version}-success.jsonl`);
    expect(events).toEqual([
      { kind: "session", id: expect.stringMatching(/^0{8}-/), model: expect.any(String) },
      { kind: "text", text: "I will look around first." },
      { kind: "tool", name: "run_shell_command", summary: "pwd && ls" },
      { kind: "result", text: "/workspace", failed: false },
      { kind: "text", text: "Now I write the answer." },
      {
        kind: "tool",
        name: "write_file",
        summary: "/workspace/answer.txt",
        detail: "content: forty-two",
      },
      { kind: "result", text: "", failed: false },
      { kind: "text", text: "The answer is in answer.txt." },
      {
        kind: "end",
        message: "The answer is in answer.txt.",
        // with its own question about which model suits
        usage: { input: 640, cached: 160, output: 60, seconds: expect.any(Number) },
      },
    ]);
  });

  test("a resumed session keeps its number", () => {
    const [first] = read(`gemini-${version}-success.jsonl`).events;
    const [again] = read(`gemini-${version}-resume.jsonl`).events;
    expect(again).toEqual(first);
  });

  test.each(faults)("%s", (name, kind) => {
    const { events } = read(`gemini-${version}-${name}.jsonl`);
    const end = endOf(events);
    expect(end.failed).toBeDefined();
    expect(end).not.toHaveProperty("message");
    const [problem] = problemsOf(events);
    expect(problem?.kind).toBe(kind);
    expect(problem?.message).toMatch(/^[^\n{]{1,300}$/);
  });

  test.each(faults)("%s on standard error", (name, kind) => {
    const problems = linesOf(`gemini-${version}-${name}.stderr.txt`).flatMap((line) => {
      const problem = gemini.problemIn(line);
      return problem === undefined ? [] : [problem];
    });
    expect(new Set(problems.map((problem) => problem.kind))).toEqual(new Set([kind]));
    for (const { message } of problems) expect(message).toMatch(/^[^{]{1,300}$/);
  });

  test("without any key it says so", () => {
    const problems = linesOf(`gemini-${version}-no-key.stderr.txt`).map(gemini.problemIn);
    expect(problems.filter((problem) => problem?.kind === "wrong key")).toHaveLength(1);
  });

  test("the limit of turns is no refusal of the API", () => {
    const { events } = read(`gemini-${version}-max-turns.jsonl`);
    expect(endOf(events).failed).toMatch(/max session turns/);
    expect(problemsOf(events)).toEqual([]);
  });
});

test("an answer in pieces is one text", () => {
  const piece = (content: string) =>
    JSON.stringify({ type: "message", role: "assistant", content, delta: true });
  const end = '{"type":"result","status":"success","stats":{}}';
  const { events } = readAll(gemini.reader(), [piece("The ans"), piece("wer."), end]);
  expect(events).toEqual([
    { kind: "text", text: "The answer." },
    { kind: "end", message: "The answer.", usage: {} },
  ]);
});

describe("how it starts", () => {
  test("its arguments", () => {
    const { argv, environment, homeFiles } = gemini.launch({
      model: "gemini-2.5-pro",
      resume: "id",
      further: ["--debug"],
    });
    expect(argv.join(" ")).toBe(
      "gemini --approval-mode=yolo --output-format stream-json --model gemini-2.5-pro --resume id --debug",
    );
    expect(environment).toMatchObject({ GEMINI_CLI_TRUST_WORKSPACE: "true" });
    expect(homeFiles).toBeUndefined();
  });

  test("settings, MCP servers and the limit of turns are one file below the home folder", () => {
    const written = (options: Parameters<typeof gemini.launch>[0]) => {
      const file = gemini.launch(options).homeFiles?.[".gemini/settings.json"];
      return file && "text" in file ? file.text : undefined;
    };
    const mcpText = '{"mcpServers":{"docs":{"command":"docs"}}}';
    expect(written({ further: [] })).toBeUndefined();
    expect(written({ further: [], settingsText: "// as it is\n{}" })).toBe("// as it is\n{}");
    const settingsText = '{"model":{"name":"x"},"ui":{"theme":"dark"}}';
    expect(JSON.parse(written({ further: [], settingsText, mcpText, maxTurns: 3 }) ?? "")).toEqual({
      ui: { theme: "dark" },
      model: { name: "x", maxSessionTurns: 3 },
      mcpServers: { docs: { command: "docs" } },
    });
  });

  test("settings with comments cannot be put together with others", () => {
    const options = { further: [], settingsText: "// mine\n{}", maxTurns: 3 };
    expect(() => gemini.launch(options)).toThrow(/plain JSON/);
  });
});

test.each(["", "YOLO mode is enabled.", "{", "null", '{"type":"new"}', '{"type":"init"}'])(
  "%s is shown as it is",
  (line) => {
    expect(gemini.reader().read(line)).toBeUndefined();
    expect(gemini.problemIn(line)).toBeUndefined();
  },
);

test("no line throws", () => {
  const lines = filesOf("gemini", ".jsonl").flatMap(linesOf);
  const stderr = filesOf("gemini", ".stderr.txt").flatMap(linesOf);
  const keys = fc.constantFrom("type", "role", "content", "status", "error", "stats", "parameters");
  const types = fc.constantFrom("init", "message", "tool_use", "tool_result", "error", "result");
  const object = fc.dictionary(keys, fc.oneof(types, fc.jsonValue()));
  const broken = fc
    .tuple(fc.constantFrom(...lines, ...stderr), fc.nat(1000))
    .map(([line, at]) => line.slice(0, at));
  const any = fc.oneof(
    fc.string(),
    broken,
    object.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), (some) => {
      readAll(gemini.reader(), some);
      some.forEach(gemini.problemIn);
    }),
  );
});
