/** From a task's files to a commit on GitHub. What it does not take, and what it says then, is in tests/unit/modes/hands.test.ts. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gitDataRoutes } from "../../harness/github/git-data.ts";
import { gitHubOfTest } from "../../harness/github/server.ts";
import { act, warnings } from "../support/act.ts";
import { giveToRunner, runnersWorkspace } from "../support/task-users.ts";

const safe = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "safe.directory", GIT_CONFIG_VALUE_0: "*" };
const who = ["-c", "user.name=x", "-c", "user.email=x@localhost"];
const git = (folder: string, ...args: string[]) =>
  execFileSync("git", [...who, "-c", "protocol.file.allow=always", ...args], {
    cwd: folder,
    encoding: "latin1",
    stdio: "pipe",
    env: { ...process.env, ...safe },
  });

test("what a task changed is a commit on its branch, with modes, links, bytes and deletions", async () => {
  const origin = await runnersWorkspace({ "tool*": "x\n", gone: "x\n", plain: "x\n" });
  git(origin, "init", "--quiet", "--initial-branch=topic");
  git(origin, "add", "--all");
  git(origin, "commit", "--quiet", "--message=first");
  const bare = await mkdtemp(join(tmpdir(), "agent-runner-bare-"));
  onTestFinished(() => rm(bare, { recursive: true }));
  const workspace = await runnersWorkspace();
  git(bare, "clone", "--quiet", "--bare", `file://${origin}`, ".");
  git(workspace, "clone", "--quiet", `file://${bare}`, ".");
  const head = git(bare, "rev-parse", "topic").trim();
  await giveToRunner(workspace);
  const data = { folder: bare, defaultBranch: "main", account: "my-app[bot]", pulls: [] };
  const api = await gitHubOfTest(gitDataRoutes(data));
  const command =
    "rm gone; chmod +x plain; ln -s plain link; printf '\\0\\377\\1' >binary; env >/tmp/env; ! grep ghs_hands /tmp/env";
  const result = await act(
    { command, changes: "commit", "github-token": "ghs_hands" },
    {
      workspace,
      event: { name: "push", payload: { ref: "refs/heads/topic" } },
      env: { GITHUB_API_URL: api.url, GITHUB_REF: "refs/heads/topic", GITHUB_SHA: head },
    },
  );
  expect(result.exitCode).toBe(0);
  expect(warnings(result)).toEqual([]);
  const sha = git(bare, "rev-parse", "topic").trim();
  expect(result.outputs).toMatchObject({
    "commit-sha": sha,
    branch: "topic",
    "pull-request-url": "",
  });
  expect(result.summary).toContain(sha.slice(0, 7));
  expect(git(bare, "rev-parse", "topic^").trim()).toBe(head);
  expect(git(bare, "diff-tree", "-r", "--name-status", head, sha).trim().split("\n")).toEqual([
    ...["A\tbinary", "D\tgone", "A\tlink", "M\tplain"],
  ]);
  expect(git(bare, "ls-tree", sha).replace(/blob \w+\t/g, "")).toBe(
    "100644 binary\n120000 link\n100755 plain\n100755 tool\n",
  );
  expect(git(bare, "cat-file", "blob", `${sha}:binary`)).toBe("\0\xff\x01");
  expect(api.tokens).toEqual(new Set(["token ghs_hands"]));
});
