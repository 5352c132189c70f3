import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type ChecksState, checksRoutes, logStorageOfTest } from "../../harness/github/checks.ts";
import { type GitHubServer, gitHubOfTest } from "../../harness/github/server.ts";
import { act, messages } from "../support/act.ts";
import { asImageUser, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

test("what the agent gets of GitHub is its user's, where the variable says, and in no patch", async () => {
  const state: ChecksState = {
    commit: "0123456789abcdef0123456789abcdef01234567",
    checkRuns: [],
    statuses: [{ context: "ci", state: "failure", description: null, target_url: null }],
    runs: [
      {
        ...{ id: 5, workflow_id: 1, event: "push", status: "completed", conclusion: "failure" },
        jobs: [{ id: 51, name: "test (1/2)", conclusion: "failure", log: "the end\n" }],
      },
    ],
  };
  const storage = await logStorageOfTest(state);
  const server: GitHubServer = await gitHubOfTest(
    checksRoutes(state, () => server.url, storage.url),
  );
  const workspace = await runnersWorkspace({ file: "one\n" });
  const who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "safe.directory=*"];
  for (const args of [
    ["init", "--quiet"],
    ["add", "--all"],
    ["commit", "--quiet", "-m", "first"],
  ])
    execFileSync("git", [...who, ...args], { cwd: workspace });
  await giveToRunner(workspace);
  const command = [
    'cd "$AGENTS_RUNNER_CONTEXT"',
    "find . -printf 'task: %p %U %m\\n' | sort",
    "tail -n 1 checks.md logs/*.log",
    'echo more >>checks.md && echo two >>"$GITHUB_WORKSPACE/file"',
  ].join("\n");
  const inputs = { ...asImageUser, command, context: "checks, logs", "github-token": "ghs_job" };

  const result = await act(inputs, { workspace, env: { GITHUB_API_URL: server.url } });

  expect(messages(result, "warning")).toEqual([]);
  expect(result.transcript.split("\n").slice(0, 8)).toEqual([
    "task: . 4321 755",
    "task: ./checks.md 4321 600",
    "task: ./logs 4321 755",
    "task: ./logs/test-1-2.log 4321 600",
    "==> checks.md <==",
    "- ci: failure",
    "",
    "==> logs/test-1-2.log <==",
  ]);
  expect(result.transcript).toContain("\nthe end\n");
  expect(await readFile(result.outputs["changes-path"] ?? "", "utf8")).toContain("+two");
  expect(JSON.parse(result.outputs["changed-files"] ?? "")).toMatchObject([{ path: "file" }]);
});
