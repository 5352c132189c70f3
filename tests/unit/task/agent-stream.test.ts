import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { claude } from "../../../src/agents/claude.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { agentStream, finalOf, type Shown, tell } from "../../../src/task/agent-stream.ts";
import { sink } from "../fakes.ts";

const init = '{"type":"system","subtype":"init","session_id":"s-1","model":"opus"}';
const says = (text: string) =>
  JSON.stringify({ type: "assistant", message: { content: [{ type: "text", text }] } });
const result =
  '{"type":"result","subtype":"success","is_error":false,"result":"Done.","num_turns":2}';

function redacting(...secrets: string[]) {
  const redactor = createRedactor(secrets);
  return { redact: redactor.redact, hidden: redactor.pieces() };
}

async function read(
  chunks: readonly (string | Buffer)[],
  output: "turns" | "final" | "raw" = "turns",
  errors: readonly string[] = [],
) {
  const before = sink();
  const raw = sink();
  const shown: Shown[] = [];
  const stream = agentStream({
    reader: claude.reader(),
    problemIn: claude.problemIn,
    output,
    mark: "the mark",
    ...redacting("s3cret"),
    raw: () => raw.stream,
    before: before.stream,
    show: async (one) => void shown.push(one),
  });
  for (const chunk of chunks) stream.stdout.write(chunk);
  for (const chunk of errors) stream.stderr.write(chunk);
  stream.stdout.end();
  stream.stderr.end();
  await Promise.all([finished(stream.stdout), finished(stream.stderr)]);
  const lines = shown.flatMap((one) => {
    if ("asItIs" in one) return one.asItIs.replace(/\n$/, "").split("\n");
    return "line" in one ? one.line : one.title;
  });
  return { lines, before: before.text(), raw: raw.text(), run: stream.run() };
}

describe("an agent's stream", () => {
  it("is read from the mark on; what came before is the preflights'", async () => {
    const { lines, before, run } = await read([
      `{"type":"result"}\nof a preflight\nthe mark\n${init}\n${says("Hello.")}\n${result}\n`,
    ]);
    expect(before).toBe('{"type":"result"}\nof a preflight\n');
    expect(lines).toEqual(["model: opus", "Hello."]);
    expect(run).toMatchObject({ sessionId: "s-1", message: "Done.", usage: { turns: 2 } });
  });

  it("may come in any pieces, also through the middle of a sign", async () => {
    const bytes = Buffer.from(`the mark\n${says("für 日本")}\n`);
    const { lines } = await read([...bytes].map((byte) => Buffer.from([byte])));
    expect(lines).toEqual(["für 日本"]);
  });

  it("loses no line that it does not know, and is kept as it came", async () => {
    const text = `the mark\nnot JSON\n{"type":"new"}\n${says("a")}\nno end`;
    const { lines, raw } = await read([text]);
    expect(lines).toEqual(["not JSON", '{"type":"new"}', "a", "no end"]);
    expect(raw).toBe(text.slice("the mark\n".length));
  });

  it("is shown as it is with `raw`, and read all the same", async () => {
    const { lines, run } = await read([`the mark\n${says("a")}\n${result}\n`], "raw");
    expect(lines).toEqual([says("a"), result]);
    expect(run.message).toBe("Done.");
  });

  it("is shown at its end with `final`", async () => {
    const { lines, run } = await read([`the mark\n${says("a")}\n${result}\n`], "final");
    expect(lines).toEqual([]);
    expect(finalOf(run, "final")).toEqual([{ line: "Done." }]);
    expect(finalOf(run, "turns")).toEqual([]);
  });

  it("tells trouble with the API, from standard error too", async () => {
    const { lines, run } = await read(["the mark\n"], "turns", [
      "API Error: 429 rate limit reached\n",
    ]);
    expect(lines).toEqual(["API Error: 429 rate limit reached"]);
    expect(run.problem).toMatchObject({ kind: "rate limit" });
  });
});

it("has no secret in anything that is shown, kept or answered; the tool's own words stay", async () => {
  const lines = [
    says(`The key is s3cret. ${"x".repeat(300)}`),
    '{"type":"result","subtype":"success","is_error":false,"result":"s3cret","structured_output":{"s3cret":["s3cret",1]},"num_turns":2}',
  ];
  const told = await read([`the mark\n${lines.join("\n")}\n`]);
  expect(JSON.stringify(told)).not.toContain("s3cret");
  expect(told.run).toMatchObject({ message: "***", structured: { "***": ["***", 1] } });
  const { run } = await read(["the mark\n"], "turns", ["API Error: 429 s3cret: rate limit\n"]);
  expect(run.problem).toEqual({ kind: "rate limit", message: expect.stringContaining("***") });
});

describe("what a person is told", () => {
  it("is a line a call, and long answers behind a title", () => {
    expect(tell({ kind: "tool", name: "Bash", summary: "ls\n-l" })).toEqual([
      { line: "> Bash: ls -l" },
    ]);
    expect(tell({ kind: "result", text: "ok\n", failed: false })).toEqual([{ line: "  ok" }]);
    expect(tell({ kind: "result", text: "no such file", failed: true })).toEqual([
      { line: "  failed: no such file" },
    ]);
    const [long] = tell({ kind: "result", text: "a\n".repeat(9), failed: false });
    expect(long).toMatchObject({ title: "  a (9 lines)" });
  });

  it("has no control characters where it is a title", () => {
    const [one] = tell({ kind: "tool", name: "x", summary: "\u001b[31mred\u0007" });
    expect(one).toEqual({ line: "> x: red" });
  });
});

it("begins behind the last words of a preflight, though they have no end", async () => {
  const { before, lines, run } = await read([`loading...the mark\n${says("Hello")}\n`]);
  expect(before).toBe("loading...");
  expect(lines).toEqual(["Hello"]);
  expect(run.message).toBe("Hello");
});

it("forgets a trouble with the API once the agent goes on", async () => {
  const retry = '{"type":"system","subtype":"api_retry","error_status":529,"attempt":1}';
  const { run } = await read([`the mark\n${retry}\n`]);
  expect(run.problem?.kind).toBe("overloaded");
  const later = await read([`the mark\n${retry}\n${says("Hello")}\n`]);
  expect(later.run.problem).toBeUndefined();
});

it("shows what a reader throws over as a line that nobody knows", async () => {
  const shown: Shown[] = [];
  const stream = agentStream({
    reader: {
      read: () => {
        throw new Error("a bug");
      },
    },
    problemIn: () => undefined,
    output: "turns",
    mark: "",
    ...redacting(),
    raw: () => undefined,
    before: new PassThrough(),
    show: async (one) => void shown.push(one),
  });
  stream.stdout.end("a line\n");
  await finished(stream.stdout);
  expect(shown).toEqual([{ asItIs: "a line\n" }]);
});

it("is kept without a secret that lies where a line is too long for one piece", async () => {
  const most = 16 * 1024 * 1024;
  const { raw } = await read(["the mark\n", "x".repeat(most - 2), "s3c", "ret!\n"]);
  expect(raw).toHaveLength(most - 2 + "***!\n".length);
  expect(raw.slice(-8)).toBe("xxx***!\n");
});

it("goes at the reader's pace", async () => {
  const gate = Promise.withResolvers<void>();
  const stream = agentStream({
    reader: claude.reader(),
    problemIn: () => undefined,
    output: "turns",
    mark: "",
    ...redacting(),
    raw: () => undefined,
    before: new PassThrough(),
    show: () => gate.promise,
  });
  let taken = false;
  stream.stdout.write(`${says("a")}\n`, () => {
    taken = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toBe(false);
  gate.resolve();
  stream.stdout.end();
  await finished(stream.stdout);
  expect(taken).toBe(true);
});
