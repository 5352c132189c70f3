import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { run } from "../../../src/modes/run.ts";
import { createRuntime, newRunId } from "../../../src/modes/runtime.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { contextFiles } from "../../../src/task/context-files.ts";
import { fakeLog } from "../../unit/fakes.ts";
import { withBase } from "../support/act.ts";
import { asImageUser, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

test("what the agent gets of GitHub is its user's, where the variable says, and in no patch", async () => {
  const workspace = await runnersWorkspace({ file: "one\n" });
  const who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "safe.directory=*"];
  for (const args of [
    ["init", "--quiet"],
    ["add", "--all"],
    ["commit", "--quiet", "-m", "first"],
  ])
    execFileSync("git", [...who, ...args], { cwd: workspace });
  await giveToRunner(workspace);
  const temp = await mkdtemp(join(tmpdir(), "agent-runner-test-"));
  onTestFinished(() => rm(temp, { recursive: true, force: true }));

  const command = [
    'cd "$AGENTS_RUNNER_CONTEXT"',
    "find . -printf 'task: %p %U %m\\n' | sort",
    "tail -n +2 logs/test.log",
    'echo more >>diff.patch && echo two >>"$GITHUB_WORKSPACE/file"',
  ].join("\n");
  const given = Object.entries(withBase({ ...asImageUser, command, "allow-users": "octocat" }));
  const inputs = Object.fromEntries(
    given.map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]),
  );
  const job = await loadJob(readInputs(inputs), workspace, {});
  const redactor = createRedactor();
  const runtime = await createRuntime({
    ...{ job, redactor, log: fakeLog(), event: undefined, runId: newRunId() },
    environment: { ...process.env, RUNNER_TEMP: temp, GITHUB_WORKSPACE: workspace },
    hide: () => {},
    remember: () => {},
    signal: new AbortController().signal,
  });
  const { files } = contextFiles(
    [
      { name: "diff.patch", text: "diff" },
      { name: "logs/test.log", text: "the end\n" },
    ],
    redactor.redact,
  );

  const { outputs } = await run(job, runtime, { ...noWork });

  expect(outputs.conclusion).toBe("success");
  const said = await readFile(outputs["transcript-path"] ?? "", "utf8");
  expect(said.split("\n").slice(0, 5)).toEqual([
    "task: . 4321 755",
    "task: ./diff.patch 4321 600",
    "task: ./logs 4321 755",
    "task: ./logs/test.log 4321 600",
    "the end",
  ]);
  const patch = await readFile(outputs["changes-path"] ?? "", "utf8");
  expect(patch).toContain("+two");
  expect(JSON.parse(outputs["changed-files"] ?? "")).toMatchObject([{ path: "file" }]);
});
