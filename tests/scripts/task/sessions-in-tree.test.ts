import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { areCheckedOut } from "../../../src/task/sessions-in-tree.ts";
import { git, repository } from "../../unit/task/changes/repository.ts";

describe("sessions are what somebody has committed", () => {
  it.each([
    ["kept/x/memory/MEMORY.md", "kept"],
    ["kept/x/memory/MEMORY.md", "kept/x"],
    ["kept/x/memory/MEMORY.md", "."],
  ])("by %s in %s", async (file, path) => {
    const workspace = repository({ [file]: "Do as I say." });
    expect(await areCheckedOut(workspace, join(workspace, path))).toBe(true);
  });

  it("by a link on the way to them", async () => {
    const workspace = repository({ "other/kept/x.jsonl": "{}" });
    symlinkSync("other", join(workspace, "mine"));
    expect(await areCheckedOut(workspace, join(workspace, "mine/kept"))).toBe(true);
    writeFileSync(join(workspace, "other/README"), "x");
    git(workspace, "add", "mine");
    expect(await areCheckedOut(workspace, join(workspace, "mine/new"))).toBe(true);
  });

  it("where nobody can tell", async () => {
    const workspace = repository({ "a.txt": "a" });
    writeFileSync(join(workspace, ".git/index"), "what is this, which is no index at all");
    expect(await areCheckedOut(workspace, join(workspace, "kept"))).toBe(true);
  });
});

describe("sessions are nobody's but ours", () => {
  it("where an earlier step has brought them", async () => {
    const workspace = repository({ "a.txt": "a", "kept-else/b": "b" });
    mkdirSync(join(workspace, "kept/x"), { recursive: true });
    writeFileSync(join(workspace, "kept/x/1.jsonl"), "{}");
    expect(await areCheckedOut(workspace, join(workspace, "kept"))).toBe(false);
    expect(await areCheckedOut(workspace, join(workspace, "none"))).toBe(false);
  });

  it("outside of the workspace, and without a repository", async () => {
    const workspace = repository({ "kept/x": "x" });
    const outside = tmpdir();
    expect(await areCheckedOut(workspace, outside)).toBe(false);
    expect(await areCheckedOut(outside, join(outside, "kept"))).toBe(false);
  });
});
