/** What every engine has to do for the action, walked through once: build, hit, workspace, users, exit codes, cancel. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { type ActionOptions, startAction } from "../../harness/runner.ts";
import { act, layer, messages, ran, salt, withBase } from "../../integration/support/act.ts";
import { type Listing, nothingLeft } from "../../integration/support/leftovers.ts";
import { foreignIn, runnersWorkspace } from "../../integration/support/task-users.ts";

interface Further {
  /** The engine's command, where it is not docker's. */
  ps?: Listing;
  /** The entry of the action, where it is another than the built one. */
  dist?: string;
  /** What each of the steps is given beside. */
  inputs?: Record<string, string>;
}

/** @param env how the engine is reached */
export async function walkThrough(
  env: Record<string, string>,
  { dist, ps, inputs = {} }: Further = {},
): Promise<void> {
  const workspace = await runnersWorkspace({ given: "given\n" });
  const options = { env, workspace, ...(dist !== undefined && { dist }) };
  const cached = {
    ...inputs,
    "cached-preflight": "echo built >/built",
    "cache-container-build": "true",
    "cache-version": salt(),
  };
  const command =
    "cat /built given; echo made >made-by-$UID; echo kept >/tmp/agents-artifacts/kept";
  const cold = await act({ ...cached, command }, options);
  expect(cold.outputs, cold.stdout).toMatchObject({ conclusion: "success" });
  expect(layer(cold, "env").source).toBe("built");

  const warm = await act({ ...cached, command, user: "1001:1001" }, options);
  expect(warm.outputs, warm.stdout).toMatchObject({
    conclusion: "success",
    "image-source": "local",
    "cache-hit": "true",
  });
  for (const one of [cold, warm]) {
    expect(one.transcript).toBe("built\ngiven\n");
    expect(await readFile(join(one.outputs["artifacts-path"] ?? "", "kept"), "utf8")).toBe(
      "kept\n",
    );
    expect(messages(one, "warning")).toEqual([]);
  }
  for (const user of [0, 1001]) {
    expect(await readFile(join(workspace, `made-by-${user}`), "utf8")).toBe("made\n");
  }
  expect(await foreignIn(workspace)).toEqual([]);

  const failed = await act({ ...inputs, command: "exit 7" }, options);
  expect(failed.outputs).toMatchObject({ conclusion: "failure", "exit-code": "7" });
  await nothingLeft(failed, { env, ...(ps && { ps }) });

  // a signal does not get from the runner into a job's container: there it is the post step that ends the task
  if (dist === undefined) {
    await cancelled({ ...options, inputs }, ps);
  }
}

async function cancelled({ inputs, ...options }: ActionOptions, ps: Listing | undefined) {
  const command = "trap 'echo ended >ended-by-$UID; exit' TERM; echo begun; sleep 600 & wait";
  const action = await startAction({
    ...options,
    inputs: withBase({ ...inputs, command, user: "1001:1001" }),
  });
  await action.waitFor(/^begun$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
  expect(result.transcript).toBe("begun\n");
  expect(await readFile(join(action.workspace, "ended-by-1001"), "utf8")).toBe("ended\n");
  expect(await foreignIn(action.workspace)).toEqual([]);
  const { env } = options;
  await nothingLeft(result, { ...(env && { env }), ...(ps && { ps }) });
}
