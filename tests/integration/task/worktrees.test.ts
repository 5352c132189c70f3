import { execFileSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { act, messages } from "../support/act.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { ensureNodeImage, NODE_IMAGE } from "../support/node-image.ts";
import { foreignIn, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

// Its image has git.
beforeAll(async () => void (await ensureNodeImage()));

const who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "safe.directory=*"];
const git = (folder: string, ...args: string[]) =>
  execFileSync("git", [...who, "-c", "protocol.file.allow=always", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: "pipe",
  });

async function repository(): Promise<string> {
  const folder = await runnersWorkspace({ a: "1\n" });
  git(folder, "init", "--quiet", "--initial-branch=main");
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--message=first");
  return folder;
}

/** The workspace, and the repository that its `.git` file leads to. */
const kinds: Record<string, () => Promise<{ workspace: string; origin: string }>> = {
  "a working tree beside the repository's own": async () => {
    const origin = await repository();
    const workspace = await runnersWorkspace();
    git(origin, "worktree", "add", "--quiet", workspace, "-b", "other");
    return { workspace, origin };
  },
  "a submodule": async () => {
    const origin = await runnersWorkspace();
    git(origin, "init", "--quiet");
    git(origin, "submodule", "--quiet", "add", await repository(), "deep/sub");
    return { workspace: join(origin, "deep/sub"), origin };
  },
};

const users = [{}, { user: "4321:4321" }];

test.each(Object.keys(kinds).flatMap((kind) => users.map((user) => [kind, user] as const)))(
  "%s is a checkout in the container, too, as %j, and the repository stays as it is",
  async (kind, user) => {
    const { workspace, origin } = (await kinds[kind]?.()) ?? { workspace: "", origin: "" };
    await giveToRunner(origin);
    await giveToRunner(workspace);
    const pointer = await readFile(join(workspace, ".git"), "utf8");
    const head = git(workspace, "rev-parse", "HEAD");
    const command = [
      "git rev-parse --show-toplevel HEAD",
      "git log --format=%s",
      "echo 2 >a; git -c user.name=x -c user.email=x@x commit --quiet --all --message=second",
      "git status --short; git log --format=%s",
    ].join("\n");
    const result = await act({ "base-image": NODE_IMAGE, ...user, command }, { workspace });
    expect(result.outputs, result.stdout).toMatchObject({ conclusion: "success" });
    expect(result.transcript).toBe(`/workspace\n${head}first\nsecond\nfirst\n`);
    expect(await readFile(join(workspace, "a"), "utf8")).toBe("2\n");
    expect(await readFile(join(workspace, ".git"), "utf8")).toBe(pointer);
    expect(git(workspace, "rev-parse", "HEAD")).toBe(head);
    expect(git(workspace, "status", "--short")).toBe(" M a\n");
    expect(await foreignIn(workspace)).toEqual([]);
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(
        /^the task changed the repository's own folder, of which nothing is kept/,
      ),
    ]);
    expect(await readFile(result.outputs["changes-path"] ?? "", "utf8")).toContain("+2");
    await rm(result.outputs["changes-path"] ?? "");
    await nothingLeft(result);
  },
);
