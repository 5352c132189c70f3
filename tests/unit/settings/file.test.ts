import { describe, expect, it } from "vitest";
import { readEnvironmentFile } from "../../../src/settings/file.ts";
import { load, messagesOf, problemsOf } from "./workspace.ts";

const inFile = (text: string, inputs: Record<string, string> = {}) => ({
  inputs: { environment: "agent.yml", ...inputs },
  files: { "agent.yml": text, "prompt.md": "from the file", "a.sh": "echo file\n" },
});

describe("the environment file", () => {
  it("has settings by the names of the inputs", async () => {
    const { settings } = await load(
      inFile("command: make test\nbase-image: debian:12\ncache-container-build: true\ncpus: 2\n"),
    );
    expect(settings).toMatchObject({
      command: "make test",
      "base-image": "debian:12",
      "cache-container-build": true,
      cpus: "2",
    });
  });

  it("gives unknown keys with the nearest name and their line", async () => {
    const problems = await problemsOf(
      inFile("command: x\n\nbase-imgae: debian\nzzzzzz: 1\nheadles-desktop: true\n"),
    );
    expect(problems).toEqual([
      {
        message: expect.stringMatching(/base-imgae.*did you mean base-image/),
        file: "agent.yml",
        line: 3,
      },
      { message: expect.stringMatching(/zzzzzz.*README/), file: "agent.yml", line: 4 },
      {
        message: expect.stringMatching(/did you mean headless-desktop/),
        file: "agent.yml",
        line: 5,
      },
    ]);
  });

  it("gives bad values with their line, all at once", async () => {
    const problems = await problemsOf(inFile("command: x\npull: often\nuser: root\n"));
    expect(problems.map(({ file, line }) => [file, line])).toEqual([
      ["agent.yml", 2],
      ["agent.yml", 3],
    ]);
    expect(problems[0]?.message).toMatch(/pull: "often".*agent\.yml/);
  });

  it("loses to inputs", async () => {
    const { settings } = await load(
      inFile("command: from file\npull: never\n", { command: "from input" }),
    );
    expect(settings).toMatchObject({ command: "from input", pull: "never" });
  });

  it("has its `prompt-file` hidden by the input `prompt`, and the other way round", async () => {
    const job = await load(
      inFile("command: x\nprompt-file: prompt.md\n", { prompt: "from input" }),
    );
    expect(job.prompt?.toString()).toBe("from input");
    const other = await load(
      inFile("command: x\nprompt: inline\n", { "prompt-file": "prompt.md" }),
    );
    expect(other.prompt?.toString()).toBe("from the file");
  });

  it("has its script hidden by the input's twin", async () => {
    const job = await load(
      inFile("command: x\nrun-preflight-file: a.sh\n", { "run-preflight": "echo input" }),
    );
    expect(job.scripts["run-preflight"]?.text).toBe("echo input\n");
    expect(await messagesOf(inFile("agent: claude\n", { command: "x" }))).toEqual([]);
  });

  it("takes lists where one entry a line is meant", async () => {
    const { settings } = await load(
      inFile("command: x\nmounts:\n  - type=tmpfs,target=/a\n  - type=tmpfs,target=/b\n"),
    );
    expect(settings.mounts).toEqual(["type=tmpfs,target=/a", "type=tmpfs,target=/b"]);
  });

  it.each([
    ["not YAML", "a: [", /not valid YAML/],
    ["twice the same key", "command: a\ncommand: b\n", /not valid YAML.*unique/],
    ["a list", "- command\n", /must be a map/],
    ["a map for a text", "command:\n  a: b\n", /command: a text, number/],
    ["its own way out of the box", "allow-sudo: true\n", /cannot open the task's box/],
    ["another environment file", "command: x\nenvironment: b.yml\n", /cannot name another/],
    ["bytes that are no text", "command: a\0b\n", /NUL/],
  ])("is refused when it is %s", async (_what, text, says) => {
    const messages = await messagesOf(inFile(text, { mode: "plan" }));
    expect(messages.join("\n")).toMatch(says);
  });

  it("that is missing is one problem", async () => {
    const messages = await messagesOf({ inputs: { environment: "gone.yml", mode: "plan" } });
    expect(messages).toEqual([expect.stringMatching(/^environment: .*gone\.yml.*does not exist/)]);
  });

  it("may be empty, and may have empty values", () => {
    expect(readEnvironmentFile("", "e.yml")).toEqual({ settings: {}, problems: [] });
    expect(readEnvironmentFile("prompt:\ncommand: ''\n", "e.yml").settings).toEqual({});
  });
});
