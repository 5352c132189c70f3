import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runAction, startAction } from "../../harness/runner.ts";
import { inputVariables } from "../../harness/runner-env.ts";
import { parseKeyValues } from "../../harness/runner-files.ts";
import { LineSplitter, parseCommand, StepLog } from "../../harness/runner-log.ts";

describe("file commands", () => {
  it("reads single lines and values of several lines", () => {
    const text = "a=1\nurl=x=y<<z\nlong<<END\nfirst\n\nlast=2\nEND\nempty=\nnone<<E\nE\n";
    expect(parseKeyValues(text)).toEqual({
      a: "1",
      url: "x=y<<z",
      long: "first\n\nlast=2",
      empty: "",
      none: "",
    });
  });

  it.each(["novalue\n", "=value\n", "a<<END\nvalue\n", "a<<\nvalue\n"])("refuses %j", (text) => {
    expect(() => parseKeyValues(text)).toThrow();
  });
});

describe("inputs", () => {
  it("passes every declared input, with dashes kept and spaces replaced", () => {
    const declared = { "base-image": {}, "my input": { default: "x" }, token: { default: "" } };
    expect(inputVariables(declared, { "base-image": "a:b", extra: "1" })).toEqual({
      "INPUT_BASE-IMAGE": "a:b",
      INPUT_MY_INPUT: "x",
      INPUT_TOKEN: "",
      INPUT_EXTRA: "1",
    });
  });

  it("fills in the job's token", () => {
    const declared = { token: { default: "${" + "{ github.token }}" } };
    expect(inputVariables(declared, {}).INPUT_TOKEN).toMatch(/^ghs_/);
  });
});

describe("workflow commands", () => {
  it.each([
    ["::error::boom", "error", {}, "boom"],
    [
      "  ::warning title=A%3A b,file=x.ts,line=3::two%0Alines%253A %3A",
      "warning",
      { title: "A: b", file: "x.ts", line: "3" },
      "two\nlines%3A %3A",
    ],
    ["::NOTICE::hi ", "notice", {}, "hi "],
    ["text ##[error line=1;title=a%3Bb]data", "error", { line: "1", title: "a;b" }, "data"],
  ])("parses %s", (line, name, properties, data) => {
    expect(parseCommand(line)).toEqual({ name, properties, data });
  });

  it.each(["say ::error::x", ":error::x", "::unknown::x", "::error", "std::vector::size", ""])(
    "takes %j for ordinary output",
    (line) => expect(parseCommand(line)).toBeUndefined(),
  );

  it("obeys nothing between stop-commands and its token", () => {
    const log = new StepLog();
    const lines = ["::stop-commands::t0k3n", "::error::forged", "::wrong::", "##[add-mask]x"];
    for (const line of [...lines, "::t0k3n::", "::error::real"]) log.line(line);
    expect(log.annotations).toEqual([{ level: "error", message: "real" }]);
    expect(log.masks).toEqual([]);
    expect(log.stopped).toBe(false);
  });

  it("refuses a stop token that is a command itself", () => {
    const log = new StepLog();
    for (const line of ["::stop-commands::error", "::error::real"]) log.line(line);
    expect(log.annotations.map(({ message }) => message)).toContain("real");
  });

  it("masks what comes after, whole and line by line", () => {
    const log = new StepLog();
    for (const line of ["s3cret", "::add-mask::s3cret%0Asecond", "a s3cret b second"])
      log.line(line);
    expect(log.visible).toBe("s3cret\na *** b ***\n");
    expect(log.raw).toContain("a s3cret b second");
  });
});

describe("lines", () => {
  it.each([
    [
      ["a\nb", "c\n"],
      ["a", "bc"],
    ],
    [
      ["a\r", "\nb\r\n"],
      ["a", "b"],
    ],
    [["progress\r::error::x\n"], ["progress", "::error::x"]],
    [
      ["a\r", "b"],
      ["a", "b"],
    ],
    [["last\r"], ["last"]],
  ])("cuts %j", (chunks, expected) => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.write(chunk);
    splitter.end();
    expect(lines).toEqual(expected);
  });
});

const SCRIPT = `
  import { appendFileSync } from "node:fs";
  import { spawn } from "node:child_process";
  const out = (name, text) => appendFileSync(process.env[name], text);
  if (process.env.STATE_main) {
    console.log("::notice::post of " + process.env.STATE_main + process.env.LATER);
    console.log(process.env["INPUT_SOME-THING"]);
  } else {
    out("GITHUB_STATE", "main<<E\\nm1\\nE\\n");
    out("GITHUB_OUTPUT", "cwd=" + process.cwd() + "\\n");
    out("GITHUB_ENV", "LATER=later\\n");
    out("GITHUB_STEP_SUMMARY", "# Hi");
    console.log("::add-mask::hunter2");
    console.error("::warning title=T::careful");
    const how = process.env["INPUT_SOME-THING"];
    if (how === "fail") process.exit(3);
    if (how === "orphan") spawn("sleep", ["61"], { detached: true, stdio: "ignore" }).unref();
    if (how === "wait") {
      process.on("SIGINT", () => { console.log("interrupted"); process.exit(130); });
      setTimeout(() => {}, 60000);
      console.log("waiting");
    }
    if (how === "deaf") {
      for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => console.log(name));
      spawn("sleep", ["62"], { detached: true, stdio: "inherit" });
      console.log("waiting");
    }
  }`;

describe("a step", () => {
  let dir = "";
  let dist = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "agent-runner-test-"));
    dist = join(dir, "index.mjs");
    await writeFile(dist, SCRIPT);
  });
  afterAll(() => rm(dir, { recursive: true }));
  const options = (how: string) => ({ dist, workspace: dir, inputs: { "some-thing": how } });

  it("runs main and then post, with main's state, environment and inputs", async () => {
    const result = await runAction(options("plain hunter2"));
    expect(result).toMatchObject({
      exitCode: 0,
      outputs: { cwd: dir },
      state: { main: "m1" },
      env: { LATER: "later" },
      summary: "# Hi",
      annotations: [{ level: "warning", title: "T", message: "careful" }],
      post: { exitCode: 0, annotations: [{ level: "notice", message: "post of m1later" }] },
      orphans: [],
    });
    expect(result.post?.stdout).toContain("plain hunter2\n");
    expect(result.post?.log).toContain("plain ***\n");
    expect(result.masks).toContain("hunter2");
  });

  it("runs post after a failure, too", async () => {
    const result = await runAction(options("fail"));
    expect([result.exitCode, result.post?.exitCode]).toEqual([3, 0]);
  });

  it("ends and reports what is left running", async () => {
    expect((await runAction(options("orphan"))).orphans).toEqual(["sleep 61"]);
  });

  it("cancels with SIGINT first", async () => {
    const running = await startAction(options("wait"));
    await running.waitFor(/waiting/);
    expect(await running.cancel()).toEqual(["SIGINT"]);
    const result = await running.finish();
    expect(result.exitCode).toBe(130);
    expect(result.stdout).toContain("interrupted");
    expect(result.post?.exitCode).toBe(0);
  });

  it("cancels with SIGTERM next and kills the tree last", async () => {
    const running = await startAction(options("deaf"));
    await running.waitFor(/waiting/);
    expect(await running.cancel([2_000, 2_000])).toEqual(["SIGINT", "SIGTERM", "SIGKILL"]);
    const result = await running.finish();
    expect(result.exitCode).toBe(137);
    expect(result.stdout).toMatch(/SIGINT\nSIGTERM\n$/);
    expect(result.durationMs).toBeGreaterThan(3_900);
    expect(result.orphans).toEqual([]);
  });

  it("runs post after main was killed", async () => {
    const running = await startAction(options("wait"));
    await running.waitFor(/waiting/);
    running.kill();
    const result = await running.finish();
    expect([result.exitCode, result.post?.exitCode]).toEqual([137, 0]);
  });

  it("says what was printed when an expected line does not come", async () => {
    const running = await startAction(options("plain"));
    await expect(running.waitFor(/never/)).rejects.toThrow(/ended without[\s\S]*careful/);
    await running.finish();
  });
});
