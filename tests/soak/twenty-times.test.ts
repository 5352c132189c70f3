import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { type StepResult, startAction } from "../harness/runner.ts";
import { withBase } from "../integration/support/act.ts";
import { containersOf, SMALL_BASE_IMAGE } from "../integration/support/images.ts";
import { nothingLeft } from "../integration/support/leftovers.ts";
import { processesWith, someSeconds } from "../integration/support/processes.ts";
import { foreignIn, runnersWorkspace } from "../integration/support/task-users.ts";

const times = 20;
const sideBySide = 5;

type Ending = "cancel" | "time-out" | "kill -9";

const expected: Record<Ending, (result: StepResult) => void> = {
  cancel: ({ outputs }) =>
    expect(outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" }),
  "time-out": ({ outputs }) =>
    expect(outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" }),
  "kill -9": ({ exitCode, post }) => expect([exitCode, post?.exitCode]).toEqual([137, 0]),
};

/** One task; every second one runs as another user than the workspace's. */
async function once(ending: Ending, index: number): Promise<void> {
  const seconds = someSeconds();
  const workspace = await runnersWorkspace();
  const inputs = withBase({
    "base-image": SMALL_BASE_IMAGE,
    command: `echo 1 >file; echo begun; sleep ${seconds}`,
    ...(index % 2 === 0 ? {} : { user: "7654:7654" }),
    ...(ending === "time-out" ? { "task-timeout": "0.03" } : {}),
  });
  const action = await startAction({ inputs, workspace });
  if (ending !== "time-out") await action.waitFor(/^begun$/m);
  if (ending === "cancel") await action.cancel();
  if (ending === "kill -9") action.kill();
  const result = await action.finish();
  expected[ending](result);
  await nothingLeft(result);
  const { runId } = result.state;
  const format = "{{range .Containers}}{{.Name}} {{end}}";
  expect(await run("docker", ["network", "inspect", "--format", format, "bridge"])).not.toContain(
    runId,
  );
  expect(await containersOf(`io.agent-runner.run=${runId}`)).toEqual([]);
  expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  expect(await processesWith(runId as string)).toEqual([]);
  expect(await foreignIn(workspace)).toEqual([]);
}

test.each<Ending>(["cancel", "time-out", "kill -9"])(
  "%s leaves no container, network, file or process, twenty times out of twenty",
  async (ending) => {
    const networks = () => run("docker", ["network", "ls", "--format", "{{.Name}}"]);
    const before = await networks();
    let next = 0;
    let done = 0;
    const worker = async () => {
      for (let index = next++; index < times; index = next++) {
        await once(ending, index);
        done++;
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, worker));
    expect(done).toBe(times);
    expect(await networks()).toBe(before);
  },
);
