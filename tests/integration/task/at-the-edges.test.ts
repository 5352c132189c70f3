import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run, which } from "../../../scripts/shell.ts";
import { startAction } from "../../harness/runner.ts";
import { act, messages, ran, runIdOf, salt, withBase } from "../support/act.ts";
import { containersOf } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { pathWith } from "../support/path-with.ts";
import { processesWith, someSeconds } from "../support/processes.ts";
import { asImageUser, foreignIn, runnersWorkspace } from "../support/task-users.ts";

// What happens when a task is ended before it runs, when the engine is slow or goes away, and when there is no task.

/** A PATH whose `docker` does these lines of shell first; `$docker` is the real one. */
function withDocker(...lines: string[]): Promise<{ PATH: string }> {
  return pathWith("docker", `docker=${which("docker")}`, ...lines, 'exec "$docker" "$@"');
}

const slowStart = "[[ $1 != start ]] || sleep 2";

describe("a task that is ended while its container starts", () => {
  test("by a cancel is cancelled, and does not run on", async () => {
    const seconds = someSeconds();
    const inputs = withBase({ command: `sleep ${seconds}` });
    const action = await startAction({ inputs, env: await withDocker(slowStart) });
    await action.waitFor(/^starting from/m);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await action.cancel()).toEqual(["SIGINT"]);
    const result = await ran(await action.finish());
    expect(result.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
    await nothingLeft(result);
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  });

  test("by a cancel is removed, also when the engine takes longer to make it than there is time", async () => {
    const inputs = withBase({ command: "echo never" });
    const slowCreate = "[[ $1 != create ]] || { touch $0.creating; sleep 7; }";
    const env = await withDocker(slowCreate);
    const action = await startAction({ inputs, env });
    await expect.poll(() => readdir(env.PATH.split(":")[0] as string)).toContain("docker.creating");
    // more patient than the runner, who would leave it to post
    await action.cancel([60_000, 10_000]);
    expect(await containersOf(`io.agent-runner.run=${await runIdOf(action)}`)).toEqual([]);
    const result = await ran(await action.finish());
    expect(result.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
    expect(result.transcript).not.toContain("never");
    await nothingLeft(result);
  });

  test("by its time is a time-out, and does not run on", async () => {
    const seconds = someSeconds();
    const inputs = { command: `sleep ${seconds}`, "task-timeout": "0.005" };
    const result = await act(inputs, { env: await withDocker(slowStart) });
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    await nothingLeft(result);
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  });
});

test("a lost connection is told, the task goes on, and what it writes afterwards is kept", async () => {
  // the first line that arrives ends the connection
  const broken = [
    "if [[ $1 == start ]]; then",
    '  exec 3< <(exec "$docker" "$@")',
    '  read -r line <&3; echo "$line"; kill -KILL $!; exit 137',
    "fi",
  ];
  const command = "echo before; sleep 10; echo after; exit 3";
  const result = await act({ command }, { env: await withDocker(...broken) });
  expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "3" });
  expect(result.transcript).toBe("before\nafter\n");
  expect(messages(result, "warning")).toEqual([expect.stringMatching(/connection .* was lost/)]);
});

test("a task whose container somebody removes hands the workspace back all the same", async () => {
  const workspace = await runnersWorkspace();
  const inputs = withBase({ ...asImageUser, command: "echo 1 >file; echo begun; sleep 600" });
  // the action goes on when the container is gone, and not while it is going: always with the same result
  const late = [
    "if [[ $1 == start ]]; then",
    '  "$docker" "$@"; code=$?',
    '  while "$docker" container inspect "${@: -1}" &>/dev/null; do sleep 0.1; done',
    "  exit $code",
    "fi",
  ];
  const action = await startAction({ inputs, workspace, env: await withDocker(...late) });
  await action.waitFor(/^begun$/m);
  const [container] = await containersOf(`io.agent-runner.run=${await runIdOf(action)}`);
  await run("docker", ["rm", "--force", container as string]);
  const result = await ran(await action.finish());
  expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "125" });
  expect(messages(result, "error")).toEqual([expect.stringMatching(/engine lost the container/)]);
  expect(await foreignIn(workspace)).toEqual([]);
  await nothingLeft(result);
});

test("a container that cannot be removed is told, and removed by post", async () => {
  // the first attempt only: the marker lies beside the program
  const stuck =
    '[[ $1 != rm || -e "${0%/*}/tried" ]] || { touch "${0%/*}/tried"; echo "device or resource busy" >&2; exit 1; }';
  const result = await act({ command: "true" }, { env: await withDocker(stuck) });
  expect(result.outputs.conclusion).toBe("success");
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/could not be removed: device or resource busy/),
  ]);
  expect(await containersOf(`io.agent-runner.run=${result.state.runId}`)).toEqual([]);
});

test("kill -9 while an image is built leaves no build, and nothing of it on the disk", async () => {
  const seconds = someSeconds();
  const inputs = withBase({
    "cached-preflight": `sleep ${seconds}`,
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "true",
  });
  const action = await startAction({ inputs });
  await action.waitFor(/RUN .*cached-preflight/);
  action.kill();
  const result = await action.finish();
  expect([result.exitCode, result.post?.exitCode]).toEqual([137, 0]);
  const { runId } = result.state;
  expect(await processesWith(runId as string)).toEqual([]);
  const folder = join(action.temp, `agent-runner-${runId}`);
  const left = await readdir(folder);
  expect(left.filter((name) => name.startsWith("agent-runner-build-"))).toEqual([]);
  // the engine ends what it was told to run once nobody waits for it
  await expect.poll(() => processesWith(`sleep ${seconds}`), { timeout: 20_000 }).toEqual([]);
});

test("without a base image there is a conclusion all the same, and a summary", async () => {
  const result = await act({ "base-image": "127.0.0.1:1/none:here", command: "true" });
  expect(result.exitCode).toBe(1);
  expect(result.outputs.conclusion).toBe("failure");
  expect(messages(result, "error")).toHaveLength(1);
  expect(result.summary).toContain("127.0.0.1:1/none");
});
