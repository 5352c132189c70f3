import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdtemp, readdir, readFile, readlink, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startAction } from "../../harness/runner.ts";
import { act, messages, printed, type Ran, ran, withBase } from "../support/act.ts";
import { ensureNodeImage, NODE_IMAGE } from "../support/node-image.ts";
import { type OwnEngine, ownEngine } from "../support/own-engine.ts";
import { foreignIn, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

// Its image has git.
beforeAll(async () => void (await ensureNodeImage()));
const withGit = { "base-image": NODE_IMAGE };

const who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "safe.directory=*"];
const git = (folder: string, ...args: string[]) =>
  execFileSync("git", [...who, "-c", "protocol.file.allow=always", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: "pipe",
  });

const files = {
  ".gitignore": "ignored/\n",
  same: "same\n",
  changed: "one\ntwo\n",
  gone: "x\n",
  "d/gone": "x\n",
  "tool*": "x\n",
  binary: Buffer.from(Array.from({ length: 3_000 }, (_, at) => (at * 7) % 256)),
};

/** A checkout that belongs to the runner's user, as `actions/checkout` leaves it, and what it is a clone of. */
async function checkedOut(): Promise<{ workspace: string; origin: string; commit: string }> {
  const origin = await runnersWorkspace(files);
  git(origin, "init", "--quiet", "--initial-branch=main");
  git(origin, "add", "--all");
  git(origin, "commit", "--quiet", "--message=first");
  const workspace = await runnersWorkspace();
  git(workspace, "clone", "--quiet", `file://${origin}`, ".");
  await giveToRunner(workspace);
  return { workspace, origin, commit: git(origin, "rev-parse", "HEAD").trim() };
}

const everyKind = [
  "printf 'one\\nthree\\n' >changed; rm gone; rm -r d; chmod -x tool",
  "mkdir -p new/deep ignored; echo 1 >new/deep/file; echo x >ignored/x; : >new/empty",
  "ln -s ../same new/link; printf '\\0\\1\\2' >>binary",
  "printf '#!/bin/sh\\n' >new/tool; chmod 0755 new/tool; echo odd >\"new/qu'ote\\\" é\"",
].join("\n");

/** Everything below a folder that is no folder: what it is, its mode and its content. */
async function treeOf(folder: string, below = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) {
      lines.push(...(await treeOf(folder, path)));
    } else if (entry.isSymbolicLink()) {
      lines.push(`${path} -> ${await readlink(join(folder, path))}`);
    } else {
      const { mode, mtimeMs } = await lstat(join(folder, path));
      const hash = createHash("sha256").update(await readFile(join(folder, path)));
      const time = folder.endsWith(".git") ? mtimeMs : "";
      lines.push(`${path} ${(mode & 0o111) !== 0} ${hash.digest("hex")} ${time}`);
    }
  }
  return lines.toSorted();
}

/** What another checkout of the commit becomes with the patch. */
async function applied(origin: string, { outputs }: Ran): Promise<string> {
  const folder = await runnersWorkspace();
  git(folder, "clone", "--quiet", `file://${origin}`, ".");
  git(folder, "apply", "--index", outputs["changes-path"] ?? "");
  return folder;
}

const withoutIgnored = (lines: string[]) =>
  lines.filter((line) => !line.startsWith(".git/") && !line.startsWith("ignored/"));

async function expectSameTree(origin: string, workspace: string, result: Ran): Promise<void> {
  const other = await applied(origin, result);
  expect(withoutIgnored(await treeOf(other))).toEqual(withoutIgnored(await treeOf(workspace)));
}

const changedPaths = ({ outputs }: Ran) =>
  (JSON.parse(outputs["changed-files"] ?? "") as { path: string }[]).map(({ path }) => path);

const all = ["binary", "changed", "d/gone", "gone", "new/deep/file", "new/empty", "new/link"];
const everyPath = [...all, "new/qu'ote\" é", "new/tool", "tool"];

/** The same with a submodule, `sub`. */
async function withSubmodule() {
  const { origin } = await checkedOut();
  const library = (await checkedOut()).origin;
  git(origin, "submodule", "--quiet", "add", library, "sub");
  git(origin, "commit", "--quiet", "--message=submodule");
  const workspace = await runnersWorkspace();
  git(workspace, "clone", "--quiet", "--recurse-submodules", `file://${origin}`, ".");
  await giveToRunner(workspace);
  return { workspace, origin };
}

describe("the patch applied to another checkout makes the same tree of it", () => {
  test.each([{}, { user: "7654:7654" }, { user: "1001:1001" }])("as %j", async (inputs) => {
    const { workspace, origin } = await checkedOut();
    const before = await treeOf(join(workspace, ".git"));
    const result = await act({ ...withGit, ...inputs, command: everyKind }, { workspace });
    expect(messages(result, "warning")).toEqual([]);
    expect(changedPaths(result)).toEqual(everyPath);
    expect(result.log).toMatch(/success in .*exit code 0, 10 files changed/);
    expect(result.summary).toContain("10 files changed: <code>binary</code>");
    await expectSameTree(origin, workspace, result);
    expect(await treeOf(join(workspace, ".git"))).toEqual(before);
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("after a failure and after a time-out, too", async () => {
    const { workspace, origin } = await checkedOut();
    const failed = await act({ command: `${everyKind}\nexit 3` }, { workspace });
    expect(failed.outputs["exit-code"]).toBe("3");
    await expectSameTree(origin, workspace, failed);
    const other = await checkedOut();
    const inputs = { command: `${everyKind}\nsleep 1000`, "task-timeout": "0.15" };
    const ended = await act(inputs, { workspace: other.workspace });
    expect(ended.outputs.conclusion).toBe("timeout");
    await expectSameTree(other.origin, other.workspace, ended);
  });

  test("is not there, and the list is empty, where nothing has changed", async () => {
    const { workspace } = await checkedOut();
    const command = "cat changed; git status --short";
    const result = await act({ ...withGit, user: "7654:7654", command }, { workspace });
    expect(result.outputs).toMatchObject({ "changes-path": "", "changed-files": "[]" });
    expect(result.log).toContain("exit code 0, 0 files changed");
    expect(messages(result, "warning")).toEqual([]);
  });
});

describe("git in the task", () => {
  test.each([{}, { user: "7654:7654" }])(
    "works as ever, and nothing of it stays: %j",
    async (inputs) => {
      const { workspace, origin, commit } = await checkedOut();
      const before = await treeOf(join(workspace, ".git"));
      const command = [
        "git status --short | sed 's/^/task: /'",
        "git config user.name x; git config user.email x@localhost",
        "git log --oneline | wc -l | sed 's/^/task: commits /'",
        "git checkout --quiet -b work; echo 2 >changed; git commit --quiet --all --message=second",
        "git checkout --quiet main; git merge --quiet work; git tag mine; git branch --delete work",
        "printf '#!/bin/sh\\ntouch /workspace/hooked' >.git/hooks/post-checkout",
        "chmod +x .git/hooks/post-checkout; git config core.fsmonitor 'touch /tmp/canary'",
        "echo /somewhere >>.git/objects/info/alternates",
        "git log --oneline | wc -l | sed 's/^/task: commits /'; git -c core.fsmonitor= fsck 2>/dev/null",
        "git -c core.fsmonitor= gc --quiet 2>/dev/null; rm -rf .git 2>/dev/null || test -d .git",
      ].join("\n");
      const result = await act({ ...withGit, ...inputs, command }, { workspace });
      expect(result.outputs["exit-code"]).toBe("0");
      expect(printed(result)).toEqual(["task: commits 1", "task: commits 2"]);
      expect(await treeOf(join(workspace, ".git"))).toEqual(before);
      expect(git(workspace, "rev-parse", "HEAD").trim()).toBe(commit);
      expect(await readFile(join(workspace, "changed"), "utf8")).toBe("2\n");
      expect(changedPaths(result)).toEqual(["changed"]);
      await expectSameTree(origin, workspace, result);
      expect(messages(result, "warning")).toHaveLength(1);
      expect(messages(result, "warning")[0]).toMatch(
        /^the task changed the repository's own folder/,
      );
      expect(await foreignIn(workspace)).toEqual([]);
      expect(
        await readdir(result.outputs["transcript-path"]?.replace(/\/[^/]*$/, "") ?? ""),
      ).not.toContain("git");
    },
  );

  test("can write neither the real objects nor the real folder, as root", async () => {
    const { workspace } = await checkedOut();
    const before = await treeOf(join(workspace, ".git"));
    const command = [
      "cd /run/agent-runner-git",
      "for file in $(find . -type f); do ! { echo x >>$file; } 2>/dev/null || echo task: written; done",
      "! mount -o remount,rw /run/agent-runner-git 2>/dev/null || echo task: remounted",
      "! umount /workspace/.git 2>/dev/null || echo task: unmounted",
      "! mv /workspace/.git /workspace/moved 2>/dev/null || echo task: moved",
    ].join("\n");
    const result = await act({ ...withGit, command }, { workspace });
    expect(result.outputs["exit-code"]).toBe("0");
    expect(printed(result)).toEqual([]);
    expect(await treeOf(join(workspace, ".git"))).toEqual(before);
  });

  test("has submodules, and what changes in one is told", async () => {
    const { workspace, origin } = await withSubmodule();
    const command =
      "git -C sub log --oneline | wc -l | sed 's/^/task: /'; echo x >>sub/changed; echo y >>changed";
    const result = await act({ ...withGit, user: "7654:7654", command }, { workspace });
    expect(printed(result)).toEqual(["task: 1"]);
    expect(changedPaths(result)).toEqual(["changed", "sub/changed"]);
    expect(messages(result, "warning")).toEqual([
      "not in the patch of `changes-path`, because it is in another repository inside the workspace: sub/changed",
    ]);
    expect(git(await applied(origin, result), "diff", "--cached", "--name-only")).toBe("changed\n");
  });

  test("is as it was when main was killed, and a repository that the task made is none of the workspace's", async () => {
    const { workspace } = await checkedOut();
    const before = await treeOf(join(workspace, ".git"));
    const killed = async (inputs: Record<string, string>, folder: string) => {
      const action = await startAction({
        inputs: withBase({ ...withGit, ...inputs }),
        workspace: folder,
      });
      await action.waitFor(/^begun$/m);
      action.kill();
      return ran(await action.finish());
    };
    const commit =
      "git config user.name x; git config user.email x; git commit --quiet --allow-empty -m x";
    const user = "7654:7654";
    await killed({ user, command: `${commit}; echo begun; sleep 1000` }, workspace);
    expect(await treeOf(join(workspace, ".git"))).toEqual(before);
    expect(await foreignIn(workspace)).toEqual([]);
    const bare = await runnersWorkspace({ a: "1" });
    const { post } = await killed({ user, command: "git init; echo begun; sleep 1000" }, bare);
    expect(await readdir(bare)).toEqual(["a"]);
    expect(post?.annotations.map(({ message }) => message).join()).toContain(
      "in the place of `.git`",
    );
  });
});

describe("nothing of the tree runs on the runner", () => {
  /** What the task leaves for a git that looks at its tree: each setting makes a file. */
  const trap = (canary: string) =>
    [
      `run='touch ${canary}'`,
      'git init --quiet nested; git -C nested config core.fsmonitor "$run"; echo x >nested/file',
      'rm -rf sub/.git; git init --quiet sub; git -C sub config core.fsmonitor "$run"; echo x >>sub/changed',
      'git config core.fsmonitor "$run"; git config diff.external "$run"; git config filter.x.clean "$run; cat"',
      "printf '#!/bin/sh\\n%s\\n' \"$run\" >.git/hooks/post-index-change; chmod +x .git/hooks/*",
      "echo '* filter=x diff=x' >.gitattributes; echo changed >changed",
    ].join("\n");

  async function trapped(): Promise<{ workspace: string; origin: string; canary: string }> {
    const { workspace, origin } = await withSubmodule();
    const canary = join(await mkdtemp(join(tmpdir(), "agent-runner-canary-")), "canary");
    return { workspace, origin, canary };
  }

  test("by this action, which tells what has changed all the same", async () => {
    const { workspace, origin, canary } = await trapped();
    const result = await act({ ...withGit, command: trap(canary) }, { workspace });
    expect(result.outputs["exit-code"]).toBe("0");
    expect(existsSync(canary)).toBe(false);
    expect(changedPaths(result)).toEqual(
      expect.arrayContaining([".gitattributes", "changed", "nested/file", "sub/changed"]),
    );
    const other = await applied(origin, result);
    expect(await readFile(join(other, "changed"), "utf8")).toBe("changed\n");
    // what the trap is good for: a git that looks at the tree runs it
    execFileSync("bash", ["-c", "git -c safe.directory='*' add --all; true"], { cwd: workspace });
    expect(existsSync(canary)).toBe(true);
  });
});

describe("on an engine that has none of the runner's files", () => {
  let engine: OwnEngine;
  beforeAll(async () => {
    engine = await ownEngine({ withoutOurFiles: true });
    return engine.end;
  });

  test("the changes are told, and `.git` stays as it was", async () => {
    const { workspace, origin } = await checkedOut();
    const before = await treeOf(join(workspace, ".git"));
    const command = [
      everyKind,
      "echo evil >>.git/config; echo x >.git/hooks/post-checkout; mkdir -p .git/refs/heads",
      `echo ${"1".repeat(40)} >.git/refs/heads/other; rm .git/description; ln .git/config hard`,
    ].join("\n");
    const result = await act({ command }, { workspace, env: engine.env });
    expect(result.outputs["exit-code"]).toBe("0");
    expect(await treeOf(join(workspace, ".git"))).toEqual(before);
    expect(messages(result, "warning").join("\n")).toMatch(
      /made the branch other, .*changed \.git\/config/,
    );
    expect(changedPaths(result)).toEqual(expect.arrayContaining(everyPath));
    const linked = await lstat(join(workspace, "hard")).catch(() => undefined);
    expect(linked?.ino).not.toBe((await lstat(join(workspace, ".git/config"))).ino);
    await expectSameTree(origin, workspace, result);
  });

  test("a link at `.git` stays one", async () => {
    const workspace = await runnersWorkspace({ a: "1" });
    await symlink("/nowhere", join(workspace, ".git"));
    await act(
      { command: "rm .git; mkdir .git; echo x >.git/config" },
      { workspace, env: engine.env },
    );
    expect(await readlink(join(workspace, ".git"))).toBe("/nowhere");
  });
});
