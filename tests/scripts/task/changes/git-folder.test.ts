import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commitOf } from "../../../../src/checkout/head-commit.ts";
import {
  repositoryDifferences,
  repositoryState,
} from "../../../../src/task/changes/git-differences.ts";
import {
  checkoutOf,
  copyRepository,
  gitEntryOf,
  restoreGitEntry,
} from "../../../../src/task/changes/git-folder.ts";
import { watchWorkspace } from "../../../../src/task/changes/watch.ts";
import { workspace } from "../../../unit/settings/workspace.ts";
import {
  changesBy,
  clone,
  commit,
  git,
  repository,
  write,
} from "../../../unit/task/changes/repository.ts";

describe("the repository's folder that a task gets", () => {
  it("is a copy with no objects of its own, and borrows those of the real one", async () => {
    const folder = clone(repository({ a: "1\n" }));
    write(folder, ".git/hooks/pre-commit", "#!/bin/sh\n", 0o755);
    const { git: mount } = await watchWorkspace(folder, workspace({}), process.env);
    expect(mount).toMatchObject({ at: ".git", readonly: false, borrowed: join(folder, ".git") });
    const copy = mount?.source ?? "";
    const same = ["HEAD", "config", "index", "hooks/pre-commit"];
    for (const path of same) {
      expect(readFileSync(join(copy, path))).toEqual(readFileSync(join(folder, ".git", path)));
    }
    // git trusts an index by its time
    const time = (path: string) => statSync(path).mtimeMs;
    expect(time(join(copy, "index"))).toBeCloseTo(time(join(folder, ".git/index")), 1);
    expect(statSync(join(copy, "hooks/pre-commit")).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(copy, "objects/info/alternates"), "utf8")).toBe(
      "/run/agent-runner-git/objects\n",
    );
    expect(readdirSync(join(copy, "objects"))).toEqual(["info", "pack"]);
  });

  it("borrows each submodule's objects, too", async () => {
    const origin = repository({ a: "1\n" });
    git(origin, "submodule", "--quiet", "add", repository({ b: "1\n" }), "sub");
    git(origin, "commit", "--quiet", "--message=x");
    const folder = clone(origin, "--recurse-submodules");
    const { git: mount } = await watchWorkspace(folder, workspace({}), process.env);
    const alternates = "modules/sub/objects/info/alternates";
    expect(readFileSync(join(mount?.source ?? "", alternates), "utf8")).toBe(
      "/run/agent-runner-git/modules/sub/objects\n",
    );
  });

  it("tells what was done in a submodule, and nothing where its references were packed", async () => {
    const origin = repository({ a: "1\n" });
    git(origin, "submodule", "--quiet", "add", repository({ b: "1\n" }), "sub");
    git(origin, "commit", "--quiet", "--message=x");
    const folder = clone(origin, "--recurse-submodules");
    expect((await changesBy(folder, () => {})).warnings).toEqual([]);
    const { warnings } = await changesBy(folder, (copy) => {
      write(copy, "modules/sub/refs/heads/main", `${"1".repeat(40)}\n`);
      write(copy, "modules/sub/hooks/pre-commit", "x");
    });
    expect(warnings.join()).toContain(
      "(moved the branch main of .git/modules/sub, added .git/modules/sub/hooks/pre-commit)",
    );
  });

  it("takes a branch by the name of `objects` for what it is", async () => {
    const folder = repository({ a: "1\n" });
    git(folder, "branch", "objects/x");
    git(folder, "branch", "index");
    const { git: mount } = await watchWorkspace(folder, workspace({}), process.env);
    expect(readFileSync(join(mount?.source ?? "", "packed-refs"), "utf8")).toContain(
      " refs/heads/objects/x\n",
    );
    expect((await repositoryState(join(folder, ".git"))).has("refs/heads/index")).toBe(true);
  });

  it("has every reference, the symbolic ones and those of one working tree too", async () => {
    const folder = clone(repository({ a: "1\n" }));
    git(folder, "pack-refs", "--all");
    git(folder, "branch", "a/b");
    git(folder, "tag", "--annotate", "--message=x", "v1");
    git(folder, "update-ref", "refs/bisect/bad", "HEAD");
    git(folder, "commit", "--quiet", "--allow-empty", "--message=newer than what is packed");
    const { git: mount } = await watchWorkspace(folder, workspace({}), process.env);
    const copy = mount?.source ?? "";
    rmSync(join(copy, "objects"), { recursive: true });
    symlinkSync(join(folder, ".git/objects"), join(copy, "objects"));
    for (const argv of [
      ["show-ref", "--head", "--dereference"],
      ["symbolic-ref", "refs/remotes/origin/HEAD"],
    ]) {
      expect(git(folder, `--git-dir=${copy}`, ...argv)).toBe(git(folder, ...argv));
    }
  });

  it("has objects of its own where others may not read the real ones", async () => {
    const folder = repository({ a: "1\n" });
    execFileSync("chmod", ["-R", "go=", join(folder, ".git")]);
    const { git: mount } = await watchWorkspace(folder, workspace({}), process.env);
    expect(mount?.borrowed).toBeUndefined();
    expect(git(folder, `--git-dir=${mount?.source}`, "fsck", "--strict")).toBe("");
  });

  it("is the real one, read-only, where there is too much to be copied", async () => {
    const folder = repository({ a: "1\n" });
    mkdirSync(join(folder, ".git/annex"));
    execFileSync("truncate", ["--size=501M", join(folder, ".git/annex/large")]);
    const watch = await watchWorkspace(folder, workspace({}), process.env);
    expect(watch.git).toEqual({
      source: join(folder, ".git"),
      at: ".git",
      readonly: true,
      borrowed: undefined,
    });
    expect((await watch.changes()).warnings[0]).toMatch(/^the task can read `\.git` and not write/);
  });
});

describe("what a task did in it", () => {
  it("is told by what it means, in one warning, and the copy goes", async () => {
    const folder = clone(repository({ a: "1\n" }));
    git(folder, "tag", "old");
    const before = await repositoryState(join(folder, ".git"));
    const { warnings, scratch } = await changesBy(folder, (copy) => {
      writeFileSync(join(copy, "refs/heads/main"), `${"1".repeat(40)}\n`);
      writeFileSync(join(copy, "refs/heads/new"), `${"2".repeat(40)}\n`);
      const packed = readFileSync(join(copy, "packed-refs"), "utf8");
      writeFileSync(join(copy, "packed-refs"), packed.replace(/.* refs\/tags\/old\n/, ""));
      write(copy, "hooks/post-checkout", "#!/bin/sh\n", 0o755);
      writeFileSync(join(copy, "config"), "[core]\n\tfsmonitor = x\n");
      writeFileSync(join(copy, "info/attributes"), "* filter=x\n");
      rmSync(join(copy, "description"));
      write(copy, "index", "whatever");
      write(copy, "logs/HEAD", "whatever");
      write(copy, "objects/12/34", "whatever");
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      "(moved the branch main, made the branch new, removed the tag old, changed .git/config, removed .git/description, and 2 more)",
    );
    expect(await repositoryState(join(folder, ".git"))).toEqual(before);
    expect(existsSync(join(scratch, "git"))).toBe(false);
  });

  it("is nothing where it only looked: references that were packed, and an index that was refreshed", async () => {
    const folder = clone(repository({ a: "1\n" }));
    git(folder, "branch", "other");
    const copy = workspace({});
    await copyRepository(join(folder, ".git"), copy, "/nowhere", true);
    const before = await repositoryState(copy);
    git(folder, `--git-dir=${copy}`, "pack-refs", "--all");
    git(folder, `--git-dir=${copy}`, "gc", "--quiet");
    expect(repositoryDifferences(before, await repositoryState(copy))).toEqual([]);
  });

  it("is not all held, where it made more than a repository has", async () => {
    const folder = workspace({});
    for (let number = 0; number < 40; number++) {
      write(folder, `made-${number}`, "");
      truncateSync(join(folder, `made-${number}`), 4 * 1024 * 1024);
    }
    const state = await repositoryState(folder);
    expect(state.size).toBe(40);
    const held = [...state.values()].reduce((sum, text) => sum + text.length, 0);
    expect(held).toBeLessThan(65 * 1024 * 1024);
    expect([...state.values()]).toContain("(large)");
  });

  it("is not followed by a link out of it", async () => {
    const folder = clone(repository({ a: "1\n" }));
    const outside = workspace({ secret: "x" });
    const { warnings } = await changesBy(folder, (copy) => {
      rmSync(join(copy, "hooks"), { recursive: true });
      symlinkSync(outside, join(copy, "hooks"));
    });
    expect(warnings.join()).not.toContain("secret");
  });
});

describe("what stands at `.git`", () => {
  const make = (folder: string) => {
    git(folder, "init", "--quiet", "made");
    rmSync(join(folder, ".git"), { recursive: true, force: true });
    renameSync(join(folder, "made/.git"), join(folder, ".git"));
  };

  it.each(["nothing", "file", "link"])("is afterwards what it was: %s", async (kind) => {
    const origin = repository({ a: "1\n" });
    const folder = workspace({ a: "1\n" });
    if (kind === "file") {
      writeFileSync(join(folder, ".git"), `gitdir: ${origin}/.git\n`);
    } else if (kind === "link") {
      symlinkSync(join(origin, ".git"), join(folder, ".git"));
    }
    const entry = gitEntryOf(folder);
    expect(entry.kind).toBe(kind);
    const { warnings, scratch } = await changesBy(folder, () => make(folder));
    expect(gitEntryOf(folder)).toEqual(entry);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(join(scratch, "git-of-the-task"));
    expect(lstatSync(join(scratch, "git-of-the-task")).isDirectory()).toBe(true);
    expect(existsSync(join(origin, ".git/HEAD"))).toBe(true);
  });

  it("is left alone where nothing has become of it", async () => {
    const folder = workspace({});
    symlinkSync("elsewhere", join(folder, ".git"));
    expect(await restoreGitEntry(folder, gitEntryOf(folder), join(folder, "aside"))).toBe(false);
    expect(readlinkSync(join(folder, ".git"))).toBe("elsewhere");
  });

  it("leads to the repository's folder inside the workspace, which the task gets a copy of", async () => {
    const folder = repository({ a: "1\n" });
    renameSync(join(folder, ".git"), join(folder, "store"));
    writeFileSync(join(folder, ".git"), "gitdir: store\n");
    const watch = await watchWorkspace(folder, workspace({}), process.env);
    expect(watch.git?.at).toBe("store");
    expect(watch.apart).toEqual([".git", "store"]);
  });
});

it("the commit is found in every way that HEAD may name it", async () => {
  const folder = repository({ a: "1\n" });
  commit(folder, { a: "2\n" });
  const head = git(folder, "rev-parse", "HEAD").trim();
  const found = async () => {
    const checkout = await checkoutOf(folder, gitEntryOf(folder));
    return checkout && commitOf(checkout);
  };
  expect(await found()).toBe(head);
  git(folder, "pack-refs", "--all");
  expect(await found()).toBe(head);
  git(folder, "checkout", "--quiet", "--detach", "HEAD~1");
  expect(await found()).toBe(git(folder, "rev-parse", "HEAD").trim());
  git(folder, "checkout", "--quiet", "--orphan", "unborn");
  expect(await found()).toBeUndefined();
});
