import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DefaultBranch, Unreadable } from "../../../src/github/default-branch.ts";
import { readConfigFile } from "../../../src/settings/config-files.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { readOpened } from "../../../src/settings/workspace-file.ts";
import { messagesOf, workspace } from "./workspace.ts";

/** A default branch with these files, and what was asked of it. */
function branch(files: Record<string, string>): DefaultBranch & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async read(path) {
      asked.push(path);
      const text = files[path];
      if (text === undefined) throw new Unreadable("is not there");
      return Buffer.from(text);
    },
  };
}

/** Settings that name a file, and an agent for those that need one. */
const paths = [
  "prompt-file",
  "agent-settings",
  "agent-mcp",
  "agent-schema",
  "run-preflight-file",
  "settings-preflight-file",
  "environment-preflight-file",
  "cached-preflight-file",
  "desktop-install-script-file",
  "desktop-setup-script-file",
  "session-path",
];

describe("a path in a file", () => {
  it.each(paths)("never leaves the workspace: %s", async (name) => {
    for (const path of ["/proc/self/environ", "/etc/hostname", "../out", "link", "folder/out"]) {
      const folder = workspace({ "agent.yml": `agent: claude\n${name}: ${path}\n` });
      symlinkSync("/etc/hostname", join(folder, "link"));
      symlinkSync("/etc", join(folder, "folder"));
      const inputs = readInputs({
        INPUT_ENVIRONMENT: "agent.yml",
        ...(name === "prompt-file" ? {} : { INPUT_PROMPT: "x" }),
      });
      const job = loadJob(inputs, folder, {}).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(await job).toMatch(
        new RegExp(`^${name}: .*(?:relative to the|leads out of the|not exist in)`),
      );
    }
  });

  it.each([".git/config", "./.git/config", "a/../.git/config", "sub/.git/config"])(
    "is not git's own, where the job's login may be: %s",
    async (path) => {
      const messages = await messagesOf({
        files: {
          "agent.yml": `command: cat\nprompt-file: ${path}\n`,
          ".git/config": "x",
          "sub/.git/config": "x",
        },
        inputs: { environment: "agent.yml" },
      });
      expect(messages).toEqual([expect.stringMatching(/^prompt-file: .*is git's own/)]);
    },
  );

  it("is refused before it is looked at: a pipe there is not waited for", async () => {
    const outside = workspace();
    execFileSync("mkfifo", [join(outside, "pipe")]);
    const messages = await messagesOf({
      inputs: { environment: "agent.yml" },
      files: { "agent.yml": `command: x\nprompt-file: ${join(outside, "pipe")}\n` },
    });
    expect(messages).toEqual([expect.stringMatching(/^prompt-file: .* is absolute; in a file/)]);
  });

  it("that is absolute is the workflow's own word as an input", async () => {
    const outside = workspace({ "prompt.md": "outside" });
    const read = readConfigFile(join(outside, "prompt.md"), "input", workspace(), undefined);
    expect((await read).toString()).toBe("outside");
  });
});

describe("what is read is a regular file of the workspace", () => {
  it("not a pipe, a device or a folder, and no more than 16 MiB", async () => {
    const folder = workspace({ big: "" });
    execFileSync("mkfifo", [join(folder, "pipe")]);
    mkdirSync(join(folder, "folder"));
    truncateSync(join(folder, "big"), 16 * 1024 * 1024 + 1);
    // the length: what a failed test would show of the file is more than it can hold
    const read = async (path: string) =>
      (await readConfigFile(path, "file", folder, undefined)).length;
    await expect(read("pipe")).rejects.toThrow(/not a regular file/);
    await expect(read("folder")).rejects.toThrow(/is a directory/);
    await expect(read("big")).rejects.toThrow(/more than 16777216 bytes/);
    await expect(readConfigFile("/dev/zero", "input", folder, undefined)).rejects.toThrow(
      /not a regular file/,
    );
  });

  it("a link to a device outside leads out: it is not even opened", async () => {
    const folder = workspace();
    symlinkSync("/dev/zero", join(folder, "link"));
    const reading = readConfigFile("link", "file", folder, undefined);
    await expect(reading).rejects.toThrow(/leads out of the workspace/);
  });

  it("what was opened counts: a folder may become a link between the check and the opening", async () => {
    const outside = workspace({ "a.sh": "of the runner" });
    const file = await open(join(outside, "a.sh"));
    try {
      await expect(readOpened(file, "a.sh", workspace())).rejects.toThrow(/leads out of/);
      expect((await readOpened(file, "a.sh", outside)).toString()).toBe("of the runner");
    } finally {
      await file.close();
    }
  });

  it("a link within it is followed", async () => {
    const folder = workspace({ "a/b.sh": "b" });
    symlinkSync("a/b.sh", join(folder, "link.sh"));
    symlinkSync("a", join(folder, "linked"));
    for (const path of ["link.sh", "linked/b.sh", "./a/../a/b.sh"]) {
      expect((await readConfigFile(path, "file", folder, undefined)).toString()).toBe("b");
    }
  });

  it("all of it, also where the file says it has no size", async () => {
    const bytes = await readConfigFile("/proc/self/status", "input", workspace(), undefined);
    expect(bytes.toString()).toMatch(/^Name:/);
  });
});

describe("with a default branch", () => {
  const files = { "a.sh": "echo checkout\n" };

  it.each<["input" | "file", string]>([
    ["input", "a.sh"],
    ["file", "a.sh"],
    ["file", "./sub/../a.sh"],
    ["input", "WORKSPACE/a.sh"],
    ["input", "LINKED/a.sh"],
  ])("an %s's %s is read there", async (origin, path) => {
    const folder = workspace(files);
    const elsewhere = workspace();
    symlinkSync(folder, join(elsewhere, "linked"));
    const named = path.replace("WORKSPACE", folder).replace("LINKED", join(elsewhere, "linked"));
    const there = branch({ "a.sh": "echo branch\n" });
    const bytes = await readConfigFile(named, origin, folder, there);
    expect(bytes.toString()).toBe("echo branch\n");
    expect(there.asked).toEqual(["a.sh"]);
  });

  it("nothing falls back to the checkout", async () => {
    const folder = workspace(files);
    for (const path of ["a.sh", join(folder, "a.sh")]) {
      await expect(readConfigFile(path, "input", folder, branch({}))).rejects.toThrow(
        /a\.sh" is not there/,
      );
    }
  });

  it("an input's absolute path elsewhere is read on the machine, and `..` nowhere", async () => {
    const outside = workspace({ "prompt.md": "an earlier step's" });
    const folder = workspace(files);
    const there = branch({ "../x": "no" });
    const bytes = await readConfigFile(join(outside, "prompt.md"), "input", folder, there);
    expect(bytes.toString()).toBe("an earlier step's");
    for (const path of ["../x", "a/../../x", ".."]) {
      await expect(readConfigFile(path, "file", folder, there)).rejects.toThrow(/leads out of/);
    }
    expect(there.asked).toEqual([]);
  });

  it("every file that the environment file names comes from there", async () => {
    const folder = workspace({ "agent.yml": "push: always\n", "s.json": "{}", "p.md": "checkout" });
    writeFileSync(join(folder, "pre.sh"), "echo checkout\n");
    const there = branch({
      "agent.yml":
        "agent: claude\nprompt-file: p.md\nrun-preflight-file: pre.sh\nagent-settings: s.json\nagent-mcp: m.json\nagent-schema: sc.json\n",
      "p.md": "branch",
      "pre.sh": "echo branch\n",
      "s.json": '{"a":"branch"}',
      "m.json": '{"mcpServers":{}}',
      "sc.json": '{"type":"object"}',
    });
    const given = readInputs({ INPUT_ENVIRONMENT: "agent.yml" });
    const job = await loadJob(given, folder, {}, { defaultBranch: there });
    expect(job.prompt?.toString()).toBe("branch");
    expect(job.scripts["run-preflight"]?.text).toBe("echo branch\n");
    expect(job.agentFiles).toEqual({
      settings: '{"a":"branch"}',
      mcp: '{"mcpServers":{}}',
      schema: '{"type":"object"}',
    });
    expect(there.asked.toSorted()).toEqual(
      ["agent.yml", "m.json", "p.md", "pre.sh", "s.json", "sc.json"].toSorted(),
    );
  });

  it("cached files are data, and the checkout's", async () => {
    const folder = workspace({ "a.lock": "x" });
    const given = readInputs({
      INPUT_COMMAND: "x",
      "INPUT_CACHED-FILES": "*.lock",
      "INPUT_CACHED-PREFLIGHT": "x",
    });
    const job = await loadJob(given, folder, {}, { defaultBranch: branch({}) });
    expect(job.cachedFiles.map(({ path }) => path)).toEqual(["a.lock"]);
  });
});
