import { describe, expect, it } from "vitest";
import { start } from "./start-script.ts";

const command = "echo the command";

describe.concurrent("a preflight that fails", () => {
  it.each([
    ["a failing line", "true\n\nfalse\necho no\n", "3", "1"],
    ["a failing line with its code", "true\n(exit 42)\n", "2", "42"],
    ["a failing pipeline", "true\nfalse | true\n", "2", "1"],
    ["a command that is not there", "no-such-command-here\n", "1", "127"],
    ["a failing line in a function", "f() {\n  false\n  echo no\n}\nf\n", "2", "1"],
    ["a command substitution", "true\nx=$(exit 5)\n", "2", "5"],
    ["the last line", "true\nfalse", "2", "1"],
    ["a failing line behind an EXIT trap", "trap 'echo bye' EXIT\nfalse\n", "2", "1"],
    ["the usual idiom", "trap 'rc=$?; exit $rc' EXIT\n(exit 9)\n", "2", "9"],
    [
      "a failing line after some that may fail",
      "false || true\nif false; then :; fi\n! true\nfalse\n",
      "4",
      "1",
    ],
  ])("by %s is noted with stage, line and code", async (_what, script, line, code) => {
    const ended = await start({ scripts: ["echo first", script, "echo third"], command });
    expect(ended.failed).toEqual({ stage: "stage-2", line, file: "stage-2.sh", code });
    expect(ended).toMatchObject({ code: Number(code), started: false });
    expect(ended.output.replace("bye\n", "")).toBe("first\n");
  });

  it.each([
    ["exit 3", "exit 3", "3"],
    ["exit in a function", "f() { exit 4; }\nf\n", "4"],
    ["return 5", "return 5", "5"],
    ["an EXIT trap that exits", "trap 'exit 6' EXIT", "6"],
    ["an EXIT trap that exits behind exit 0", "trap 'exit 6' EXIT; exit 0", "6"],
    ["an unset variable under set -u", 'set -u\necho "$not_there"\n', "1"],
    ["its last line under set +e", "set +e\nfalse\n", "1"],
  ])("by %s is noted with its code", async (_what, script, code) => {
    const ended = await start({ scripts: [script], command });
    expect(ended.failed).toMatchObject({ stage: "stage-1", code });
    expect(ended).toMatchObject({ code: Number(code), started: false, output: "" });
  });

  it("by a syntax error never reaches the command", async () => {
    const ended = await start({ scripts: ["if true; then\n"], command });
    expect(ended.started).toBe(false);
    expect(ended.code).not.toBe(0);
    expect(ended.failed?.stage).toBe("stage-1");
    expect(ended.errors).toMatch(/syntax error/);
  });

  it("names the file that failed where it sourced another", async () => {
    const ended = await start({
      scripts: ["printf 'true\\nfalse\\n' >other.sh\nsource ./other.sh\n"],
      command,
    });
    expect(ended.failed).toMatchObject({
      stage: "stage-1",
      line: "2",
      file: "./other.sh",
      code: "1",
    });
  });

  it("after one that said exit 0 is noted as itself", async () => {
    const ended = await start({ scripts: ["exit 0", "true\nfalse"], command });
    expect(ended.failed).toEqual({ stage: "stage-2", line: "2", file: "stage-2.sh", code: "1" });
  });
});

describe.concurrent("a preflight that ends the shell unseen", () => {
  it.each(["exec true", "exec bash -c 'exit 0'", "kill -9 $$"])(
    "%s: nothing has started",
    async (script) => {
      const ended = await start({ scripts: [script], command });
      expect(ended).toMatchObject({ started: false, output: "", failed: undefined });
    },
  );
});

describe.concurrent("the command", () => {
  it.each([
    ["exit 7", 7],
    ["false\necho no", 1],
    ["false | true\necho no", 1],
    ["no-such-agent", 127],
    ["true", 0],
    ["trap 'echo bye >&2' EXIT; exit 5", 5],
  ])("%j ends with %i, and that is no preflight's failure", async (text, code) => {
    expect(await start({ scripts: ["exit 0"], command: text })).toMatchObject({
      code,
      started: true,
      failed: undefined,
      output: "",
    });
  });

  it("is shell text, with what a `run:` step may use", async () => {
    const { output } = await start({
      command: 'x=(a b)\nfor i in "${x[@]}"; do\n  echo $i\ndone\n',
    });
    expect(output).toBe("a\nb\n");
  });
});

describe.concurrent("a preflight that is asked to end", () => {
  it.each([
    ["at once", "true; kill -TERM $$; sleep 5"],
    ["in a command that ends of it", "(trap - TERM; kill -TERM $$; sleep 5)"],
    ["after it took its traps back", "trap 'echo mine' TERM; trap - INT TERM; kill -TERM $$"],
  ])("%s has nothing after it", async (_what, script) => {
    const ended = await start({ scripts: [script, "echo next"], command });
    expect(ended).toMatchObject({ code: 143, started: false, output: "" });
    expect(ended.failed).toMatchObject({ stage: "stage-1", code: "143" });
  });

  it("and has a trap of its own does as it likes", async () => {
    const ended = await start({ scripts: ["trap 'exit 0' TERM; kill -TERM $$"], command });
    expect(ended).toMatchObject({ code: 0, output: "the command\n" });
  });
});
