import { existsSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitEntryOf } from "../../../../src/task/changes/git-folder.ts";
import { workTreeIn } from "../../../../src/task/changes/outside.ts";
import { watchWorkspace } from "../../../../src/task/changes/watch.ts";
import { workspace } from "../../../unit/settings/workspace.ts";
import { git, repository } from "../../../unit/task/changes/repository.ts";

/** A working tree beside the repository's own, among others. */
function worktree(): string {
  const origin = repository({ a: "1\n" });
  const folder = join(workspace({}), "tree");
  git(origin, "worktree", "add", "--quiet", folder, "-b", "other");
  git(origin, "worktree", "add", "--quiet", join(workspace({}), "third"), "-b", "third");
  return folder;
}

function submodule(): string {
  const origin = repository({ a: "1\n" });
  git(origin, "submodule", "--quiet", "add", repository({ inside: "1\n" }), "sub/of it");
  return join(origin, "sub/of it");
}

/** What a `.git` file leads to. */
const folderOf = (tree: string) => git(tree, "rev-parse", "--absolute-git-dir").trim();

async function watched(folder: string, workdir = "/workspace") {
  const scratch = workspace({});
  const watch = await watchWorkspace(folder, scratch, process.env, { workdir });
  return { ...watch, scratch, read: (path: string) => readFileSync(join(scratch, path), "utf8") };
}

describe("a repository that `.git` leads to, out of the workspace", () => {
  it("is copied for one of its working trees, without what is the others'", async () => {
    const folder = worktree();
    const settings = join(folderOf(folder), "../..", "config");
    writeFileSync(settings, `${readFileSync(settings, "utf8")}[http "x"]\n\textraheader = login\n`);
    const { git: mount, over, read, scratch } = await watched(folder, "/w/o");
    const name = `worktrees/${basename(folderOf(folder))}`;
    expect(mount).toEqual({
      source: join(scratch, "git"),
      at: ".git",
      readonly: false,
      borrowed: realpathSync(join(folderOf(folder), "../..")),
      pointer: join(scratch, "git-pointer"),
    });
    expect(over).toEqual({ folder: mount?.source, at: ".git", readonly: false, outside: true });
    expect(read("git-pointer")).toBe(`gitdir: /run/agent-runner-gitdir/${name}\n`);
    expect(read(`git/${name}/gitdir`)).toBe("/w/o/.git\n");
    expect(read(`git/${name}/commondir`)).toBe("../..\n");
    expect(existsSync(join(scratch, "git/worktrees/third"))).toBe(false);
    expect(read("git/config")).not.toContain("login");
    expect(read("git/objects/info/alternates")).toBe("/run/agent-runner-git/objects\n");
  });

  it("is copied for a submodule, whose working tree is another in the container", async () => {
    const { read } = await watched(submodule(), '/w "o"');
    expect(read("git-pointer")).toBe("gitdir: /run/agent-runner-gitdir\n");
    expect(workTreeIn(read("git/config"))).toBe('/w "o"');
  });

  it("is told of by what the task did in it, and of nothing else", async () => {
    const nothing = await watched(worktree());
    expect((await nothing.changes()).warnings).toEqual([]);
    const { scratch, ...watch } = await watched(worktree());
    writeFileSync(join(scratch, "git/hooks/post-checkout"), "#!/bin/sh\n");
    expect((await watch.changes()).warnings).toEqual([
      expect.stringContaining("added .git/hooks/post-checkout"),
    ]);
    expect(existsSync(join(scratch, "git"))).toBe(false);
  });

  it.each<[string, (tree: string, repository: string) => void]>([
    ["another's working tree", (tree, of) => writeFileSync(join(tree, ".git"), `gitdir: ${of}\n`)],
    [
      "another repository",
      (tree, of) => writeFileSync(join(tree, ".git"), `gitdir: ${join(of, "../..")}\n`),
    ],
    [
      "another repository, by a link",
      (tree, of) => symlinkSync(join(of, "../.."), join(tree, ".git")),
    ],
    [
      "a folder that is no repository",
      (tree) => writeFileSync(join(tree, ".git"), `gitdir: ${workspace({ HEAD: "x" })}\n`),
    ],
    [
      "a folder that says it is a working tree of another's",
      (tree, of) => {
        const own = workspace({ gitdir: `${tree}/.git\n`, commondir: `${join(of, "../..")}\n` });
        writeFileSync(join(tree, ".git"), `gitdir: ${own}\n`);
      },
    ],
    ["nothing", (tree) => writeFileSync(join(tree, ".git"), "gitdir: /nowhere\n")],
  ])("is not taken where a file of the workspace alone says so: %s", async (_, make) => {
    const tree = workspace({ a: "1\n" });
    make(tree, folderOf(worktree()));
    const { git: mount, scratch } = await watched(tree);
    expect(gitEntryOf(tree).kind).not.toBe("nothing");
    expect(mount).toBeUndefined();
    expect(existsSync(join(scratch, "git"))).toBe(false);
  });

  it.each([
    ["[core]\n\tbare = false\n\tworktree = ../../../sub\n", "../../../sub"],
    ['[core]\n\tworktree = "a \\"b\\" \\\\c"\n', 'a "b" \\c'],
    ["[CORE]\nWorkTree=/x\n[core]\nworktree = /y\n", "/y"],
    ['[remote "core"]\n\tworktree = /x\n', undefined],
    ["", undefined],
  ])("has its working tree in its settings: %j", (config, expected) => {
    expect(workTreeIn(config)).toBe(expected);
  });
});
