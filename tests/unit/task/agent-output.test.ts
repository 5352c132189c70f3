import { describe, expect, it } from "vitest";
import { parseAgentOutput } from "../../../src/task/agent-output.ts";

describe("what the agent wrote to its output file", () => {
  it("is one value a line, with all that stands behind the first =", () => {
    expect(parseAgentOutput("a=1\nb= two = 2 \nc=\nd-e_f=x<<y\n")).toEqual({
      values: { a: "1", b: " two = 2 ", c: "", "d-e_f": "x<<y" },
      problems: [],
    });
  });

  it("may have several lines, between delimiters", () => {
    const text = "before=1\nbody<<EOT\none\n\n  a=b\nother<<EOX\nEOT\nempty<<E\nE\nafter=2";
    expect(parseAgentOutput(text)).toEqual({
      values: { before: "1", body: "one\n\n  a=b\nother<<EOX", empty: "", after: "2" },
      problems: [],
    });
  });

  it("may come with Windows' line ends, and blank lines", () => {
    expect(parseAgentOutput("\r\na=1\r\n \r\nb<<E\r\nx\r\ny\r\nE\r\n").values).toEqual({
      a: "1",
      b: "x\ny",
    });
  });

  it("counts the last of several values", () => {
    expect(parseAgentOutput("a=1\na<<E\n2\nE\n").values).toEqual({ a: "2" });
  });

  it("keeps what it understands of junk, and names the lines that it does not", () => {
    const { values, problems } = parseAgentOutput("junk\n=no name\n1a=x\na b=x\nok=1\n<<E\n");
    expect(values).toEqual({ ok: "1" });
    expect(problems).toHaveLength(5);
    expect(problems[0]).toContain("line 1");
    expect(problems[4]).toContain("line 6");
  });

  it("takes no value without an end, and nothing of what follows it", () => {
    const { values, problems } = parseAgentOutput("ok=1\nbody<<EOT\na=2\n EOT\n");
    expect(values).toEqual({ ok: "1" });
    expect(problems).toEqual([expect.stringMatching(/line 2.*body/)]);
    expect(parseAgentOutput("body<<\nx\n\n").problems).toHaveLength(1);
  });

  it("is nothing when it is empty", () => {
    expect(parseAgentOutput("")).toEqual({ values: {}, problems: [] });
  });

  it("is data: names that mean something to JavaScript are names", () => {
    const { values } = parseAgentOutput("__proto__=x\nconstructor=y\ntoString=z\n");
    expect(JSON.stringify(values)).toBe('{"__proto__":"x","constructor":"y","toString":"z"}');
    expect({}).not.toHaveProperty("x");
  });

  it("has names of at most 100 characters", () => {
    const name = "n".repeat(100);
    expect(parseAgentOutput(`${name}=1`).values).toEqual({ [name]: "1" });
    expect(parseAgentOutput(`${name}n=1`)).toMatchObject({
      values: {},
      problems: [expect.any(String)],
    });
  });

  it("of a million short lines is read in no time that anybody notices, and complaints are few", () => {
    const { problems } = parseAgentOutput("x\n".repeat(500_000));
    // they go into the summary, one by one
    expect(problems.length).toBeLessThan(100);
  });
});
