import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { placeOf } from "../../../src/checkout/before.ts";
import { once, origin, tip, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import {
  clone,
  commit,
  git,
  repository,
  treeOf,
  write,
} from "../../unit/task/changes/repository.ts";

const simple = once(() =>
  origin(
    { "a.txt": "1\n", "gone.txt": "x\n", "lib/same.txt": "same\n", "large.bin": "x".repeat(5_000) },
    (work) => {
      git(work, "rm", "--quiet", "gone.txt");
      commit(work, { "a.txt": "2\n", "new/b.txt": "b\n" });
    },
    { ahead: 3 },
  ),
);

const headsTree = (work: string) => {
  const folder = workspace();
  git(folder, "clone", "--quiet", "--branch=change", `file://${work}`, ".");
  return treeOf(folder);
};

describe("a checkout of the base that was there", () => {
  it("is the head then: what it does not have is gone, and only what is new has come", async () => {
    const of = simple();
    const { checkOut, checkoutMain, folder, commands } = await world(of);
    checkoutMain();
    const packs = readdirSync(join(folder, ".git/objects/pack"));
    const untouched = statSync(join(folder, "lib/same.txt")).mtimeMs;
    expect(await checkOut()).toEqual({
      head: of.head,
      mergeBase: of.mergeBase,
      warnings: [],
      notices: [],
    });
    expect(treeOf(folder)).toBe(headsTree(of.work));
    expect(git(folder, "status", "--porcelain")).toBe("");
    expect(git(folder, "diff", "--name-only", "origin/main...HEAD")).toBe(
      "a.txt\ngone.txt\nnew/b.txt\n",
    );
    expect(statSync(join(folder, "lib/same.txt")).mtimeMs).toBe(untouched);
    expect(readdirSync(join(folder, ".git/objects/pack"))).toEqual(expect.arrayContaining(packs));
    expect(git(folder, "fsck", "--no-dangling")).toBe("");
    expect(commands.names()).toEqual([
      ...["config", "config", "fetch", "merge-base"],
      ...["ls-files", "update-index", "read-tree"],
    ]);
  });

  it("whose history is whole has it still, and it is not fetched again", async () => {
    const of = simple();
    const { checkOut, checkoutMain, folder, commands } = await world(of);
    checkoutMain("--no-single-branch");
    expect(await checkOut()).toMatchObject({ mergeBase: of.mergeBase, warnings: [] });
    expect(existsSync(join(folder, ".git/shallow"))).toBe(false);
    const [fetch] = commands.all().filter((line) => line.startsWith("fetch"));
    expect(fetch).not.toContain("--depth");
    expect(git(folder, "for-each-ref", "--format=%(refname)")).toBe(
      "refs/remotes/origin/main\nrefs/remotes/pull/7/head\n",
    );
  });

  it("with objects that only its own remote has, or that are broken, lends none", async () => {
    const of = simple();
    git(of.bare, "config", "uploadpack.allowFilter", "true");
    const partial = await world(of);
    partial.checkoutMain("--filter=blob:none");
    expect(await partial.checkOut()).toMatchObject({ mergeBase: of.mergeBase, warnings: [] });
    expect(git(partial.folder, "fsck", "--no-dangling")).toBe("");

    const broken = await world(of);
    broken.checkoutMain("--depth=1");
    for (const name of readdirSync(join(broken.folder, ".git/objects/pack"))) {
      if (name.endsWith(".pack")) write(broken.folder, `.git/objects/pack/${name}`, "no pack");
    }
    expect(await broken.checkOut()).toMatchObject({ mergeBase: of.mergeBase, warnings: [] });
    expect(git(broken.folder, "fsck", "--no-dangling")).toBe("");
  });

  it("keeps what steps have added, not what they have changed, and says so", async () => {
    const of = simple();
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain();
    write(folder, "node_modules/x.js", "x\n");
    write(folder, "new/b.txt", "in the way\n");
    write(folder, "lib/same.txt", "changed\n");
    write(folder, "gone.txt", "changed, too\n");
    const { warnings } = await checkOut();
    expect(warnings).toEqual([
      "files that earlier steps had changed are now those of the pull request's head: gone.txt, lib/same.txt. To change them for the task, use `run-preflight`",
    ]);
    expect(git(folder, "status", "--porcelain")).toBe("?? node_modules/\n");
    expect(readFileSync(join(folder, "new/b.txt"), "utf8")).toBe("b\n");
  });

  it("that is sparse, or has files that git was told to leave alone, is whole and the head's", async () => {
    const of = simple();
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain("--depth=1");
    git(folder, "update-index", "--assume-unchanged", "large.bin");
    git(folder, "sparse-checkout", "set", "new");
    write(folder, "large.bin", "changed\n");
    await checkOut();
    expect(treeOf(folder)).toBe(headsTree(of.work));
    expect(git(folder, "ls-files", "-v")).not.toMatch(/^[^H]/m);
  });

  it("that cannot be told from what was added leaves its files, and says so", async () => {
    const of = simple();
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain();
    write(folder, ".git/index", "no index");
    const { warnings } = await checkOut();
    expect(warnings).toEqual([expect.stringMatching(/^what earlier steps had checked out/)]);
    expect(git(folder, "status", "--porcelain")).toBe("?? gone.txt\n");
  });

  it("has submodules that work on, and no login in their settings", async () => {
    const module = repository({ "m.txt": "m\n" });
    const of = origin({ "a.txt": "1\n" }, (work) => {
      git(work, "submodule", "--quiet", "add", `file://${module}`, "sub");
      commit(work, { "a.txt": "2\n" });
    });
    git(of.work, "switch", "--quiet", "change");
    const { checkOut, checkoutMain, folder } = await world(of);
    git(of.bare, "fetch", "--quiet", of.work, "+change:refs/heads/main");
    checkoutMain("--recurse-submodules");
    git(join(folder, "sub"), "config", "http.https://github.com/.extraheader", "basic canary");
    const { notices, warnings } = await checkOut();
    expect([...warnings, ...notices]).toEqual([
      "`checkout: head` brings no submodules: their folders are as they were, or empty",
    ]);
    expect(git(folder, "status", "--porcelain")).toBe("");
    expect(git(join(folder, "sub"), "rev-parse", "HEAD")).toBe(`${tip(module)}\n`);
    expect(readFileSync(join(folder, ".git/modules/sub/config"), "utf8")).not.toContain("canary");
  });
});

describe("what else is in the workspace is left alone:", () => {
  const untouched = async (make: (folder: string) => void, words: RegExp) => {
    const { checkOut, folder, server } = await world(simple());
    make(folder);
    const before = treeOf(folder);
    await expect(checkOut()).rejects.toThrow(words);
    expect(treeOf(folder)).toBe(before);
    expect(server.requests).toEqual([]);
  };

  it("files of no repository", () =>
    untouched(
      (folder) => write(folder, "data.csv", "1,2\n"),
      /^`checkout: head` needs an empty workspace or a checkout of o\/r, and .* has files that are neither \(1 at its top\): put `actions\/checkout` before the step that makes them, or say `checkout: none`$/,
    ));

  it("a repository without a remote, and another's", async () => {
    await untouched(
      (folder) => git(folder, "init", "--quiet"),
      /replaces a checkout of o\/r only, and the repository in .* has no remote `origin`/,
    );
    await untouched((folder) => {
      git(folder, "init", "--quiet");
      git(folder, "remote", "add", "origin", "https://u:canary@github.com/o/other.git");
    }, /has another remote `origin`, github\.com\/o\/other: check it out with a `path:` of its own/);
  });

  it("a working tree of a repository elsewhere, and a link", async () => {
    const elsewhere = clone(repository({ a: "1\n" }));
    await untouched(
      (folder) => write(folder, ".git", `gitdir: ${elsewhere}/.git\n`),
      /leads to one elsewhere: say `checkout: none`/,
    );
    await untouched(
      (folder) => symlinkSync(`${elsewhere}/.git`, join(folder, ".git")),
      /leads to one elsewhere/,
    );
  });
});

it("is put in place from another disk, too", async () => {
  const of = simple();
  const { checkOut, checkoutMain, folder } = await world(of);
  checkoutMain();
  const scratch = mkdtempSync("/dev/shm/agent-runner-unit-");
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  expect(await checkOut({ scratch })).toMatchObject({ mergeBase: of.mergeBase, warnings: [] });
  expect(treeOf(folder)).toBe(headsTree(of.work));
  expect(git(folder, "status", "--porcelain")).toBe("");
  expect(readdirSync(scratch)).toEqual([]);
});

it.each([
  "https://github.com/O/r",
  "https://github.com/o/r.git",
  "https://x-access-token:x@github.com/o/r/",
  "git@github.com:o/r.git",
  "ssh://git@github.com/o/r",
])("%s is one place", (url) => {
  expect(placeOf(url)).toBe("github.com/o/r");
});

it.each([
  "https://github.com/o/rr",
  "https://github.com.example/o/r",
  "https://github.com:8443/o/r",
  "/o/r",
])("%s is another", (url) => {
  expect(placeOf(url)).not.toBe("github.com/o/r");
});
