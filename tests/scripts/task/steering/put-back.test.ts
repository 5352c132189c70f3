import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watchWorkspace } from "../../../../src/task/changes/watch.ts";
import { moveWhole } from "../../../../src/task/steering/move.ts";
import { putBack } from "../../../../src/task/steering/put-back.ts";
import { asideIn, readState, writeState } from "../../../../src/task/steering/state.ts";
import { workspace } from "../../../unit/settings/workspace.ts";
import { clone, git, repository, write } from "../../../unit/task/changes/repository.ts";
import {
  branchOf,
  checkout,
  everything,
  inDetail,
  replacing,
} from "../../../unit/task/steering/checkout.ts";

const files = {
  "CLAUDE.md": "stranger\n",
  ".claude/settings.json": "stranger\n",
  "a/b/AGENTS.md": "stranger\n",
  "a/b/code": "code\n",
};
const branch = () => branchOf({ "CLAUDE.md": "ours\n", "a/b/GEMINI.md": "ours\n" });

describe("what steers an agent, after the task", () => {
  it("is what it was, whatever the task did to it, and that is told once", async () => {
    const folder = checkout(files);
    const before = inDetail(folder);
    const { back } = await replacing(folder, branch());
    writeFileSync(join(folder, "CLAUDE.md"), "task\n");
    rmSync(join(folder, "a/b/GEMINI.md"));
    write(folder, ".claude/hooks/deep/x.sh", "task\n", 0o755);
    chmodSync(join(folder, ".claude/hooks/deep"), 0);
    write(folder, "new/sub/AGENTS.md", "task\n");
    mkdirSync(join(folder, "new/.gemini"));
    symlinkSync("code", join(folder, "a/b/.mcp.json"));
    const { warnings, unfinished } = await back();
    expect(warnings).toEqual([
      "the task changed files that steer agents, of which nothing is kept: .claude, CLAUDE.md, a/b/.mcp.json, a/b/GEMINI.md, new/sub/AGENTS.md",
    ]);
    expect(unfinished).toBe(false);
    rmSync(join(folder, "new"), { recursive: true });
    expect(inDetail(folder)).toEqual(before);
  });

  it("is no change that is told, and no part of the patch", async () => {
    const origin = repository(files);
    const folder = clone(origin);
    const { replaced, back, scratch } = await replacing(folder, branch());
    const watch = await watchWorkspace(folder, scratch, process.env, { leftOut: replaced.is });
    await watch.look();
    writeFileSync(join(folder, "CLAUDE.md"), "task\n");
    write(folder, "sub/AGENTS.md", "task\n");
    write(folder, ".claude/x", "task\n");
    write(folder, "a/b/code", "changed\n");
    rmSync(join(folder, "a/b/GEMINI.md"));
    const { changes, warnings } = await watch.changes();
    expect(warnings).toEqual([]);
    expect(changes?.files.map(({ path }) => path)).toEqual(["a/b/code"]);
    const patch = readFileSync(changes?.patchPath ?? "", "utf8");
    expect(patch.match(/^diff --git .*$/gm)).toEqual(["diff --git a/a/b/code b/a/b/code"]);
    await back();
    expect(git(folder, "status", "--porcelain").trim()).toBe("M a/b/code");
  });

  it("comes back into folders that the task removed", async () => {
    const folder = checkout(files);
    const { back } = await replacing(folder, branch());
    rmSync(join(folder, "a"), { recursive: true });
    expect((await back()).unfinished).toBe(false);
    expect(readFileSync(join(folder, "a/b/AGENTS.md"), "utf8")).toBe("stranger\n");
    expect(existsSync(join(folder, "a/b/code"))).toBe(false);
  });

  it("never comes back through a link that the task put in the way, and is kept", async () => {
    const folder = checkout(files);
    const elsewhere = workspace({ "AGENTS.md": "outside\n", "GEMINI.md": "outside\n" });
    const { back, scratch } = await replacing(folder, branch());
    renameSync(join(folder, "a"), join(folder, "moved"));
    mkdirSync(join(folder, "a"));
    symlinkSync(elsewhere, join(folder, "a/b"));
    const { warnings, unfinished } = await back();
    expect(unfinished).toBe(true);
    expect(warnings).toEqual([
      expect.stringContaining("of which nothing is kept: a/b/GEMINI.md, moved/b/GEMINI.md"),
      expect.stringMatching(/could not be put back: a\/b\/AGENTS\.md \(there is a link.*steering$/),
    ]);
    expect(everything(elsewhere)).toEqual({
      ...{ "AGENTS.md": "644 outside\n", "GEMINI.md": "644 outside\n" },
    });
    expect(readFileSync(join(folder, "CLAUDE.md"), "utf8")).toBe("stranger\n");
    expect(readFileSync(asideIn(scratch, 2), "utf8")).toBe("stranger\n");
    // once the way is open again, it can be had
    rmSync(join(folder, "a/b"));
    expect((await back()).unfinished).toBe(false);
    expect(readFileSync(join(folder, "a/b/AGENTS.md"), "utf8")).toBe("stranger\n");
  });

  it("comes back by what the run's folder has, wherever a killed process stopped", async () => {
    for (const stopped of ["before", "between", "after"] as const) {
      const folder = checkout({ ...files, ".github/workflows/x": "x" });
      const before = inDetail(folder);
      const parts = [".claude", "CLAUDE.md", "a/b/AGENTS.md"];
      const scratch = workspace();
      const state = { workspace: folder, moved: parts, made: ["c"], written: ["CLAUDE.md", "c/x"] };
      await writeState(scratch, state);
      if (stopped !== "before") {
        renameSync(join(folder, ".claude"), asideIn(scratch, 0));
        renameSync(join(folder, "CLAUDE.md"), asideIn(scratch, 1));
      }
      if (stopped === "after") {
        renameSync(join(folder, "a/b/AGENTS.md"), asideIn(scratch, 2));
        write(folder, "CLAUDE.md", "half of ou");
        write(folder, "c/x", "ours");
      }
      expect(await putBack(scratch), stopped).toEqual({ warnings: [], unfinished: false });
      expect(inDetail(folder), stopped).toEqual(before);
      expect(await readState(scratch)).toBeUndefined();
    }
  });

  it("is not searched for what is new where there is no time", async () => {
    const folder = checkout(files);
    const { scratch } = await replacing(folder, branch());
    write(folder, "new/AGENTS.md", "task\n");
    expect(await putBack(scratch, { known: true })).toEqual({ warnings: [], unfinished: false });
    expect(readFileSync(join(folder, "CLAUDE.md"), "utf8")).toBe("stranger\n");
  });

  it("is told where nobody knows any more what it was", async () => {
    const scratch = workspace({ "steering/state.json": '{"workspace":1}' });
    expect(await putBack(scratch)).toEqual({
      warnings: [expect.stringMatching(/could not be put back: .* cannot be read/)],
      unfinished: true,
    });
  });
});

describe("moving to another disk", () => {
  const other = "/dev/shm";
  const isOther = existsSync(other) && statSync(other).dev !== statSync(workspace()).dev;

  it.runIf(isOther)("keeps modes, links and times", async () => {
    const folder = workspace({ "x/a": "a\n", "x/d/b": "b\n", "x/closed/c": "c\n" });
    symlinkSync("/nowhere", join(folder, "x/link"));
    chmodSync(join(folder, "x/a"), 0o751);
    chmodSync(join(folder, "x/closed"), 0o500);
    const before = everything(folder);
    const { mtimeMs } = statSync(join(folder, "x/a"));
    const elsewhere = mkdtempSync(join(other, "agent-runner-unit-"));
    try {
      await moveWhole(join(folder, "x"), join(elsewhere, "x"));
      expect(everything(elsewhere)).toEqual(before);
      expect(everything(folder)).toEqual({});
      expect(statSync(join(elsewhere, "x/a")).mtimeMs).toBeCloseTo(mtimeMs, 2);
      expect(readlinkSync(join(elsewhere, "x/link"))).toBe("/nowhere");
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
