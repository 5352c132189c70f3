/** What every engine has to do for the action, walked through once: build, hit, workspace, users, exit codes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { act, layer, messages, salt } from "../../integration/support/act.ts";
import { type Listing, nothingLeft } from "../../integration/support/leftovers.ts";
import { foreignIn, runnersWorkspace } from "../../integration/support/task-users.ts";

/**
 * @param env how the engine is reached
 * @param entry of the action, where it is another than the built one; `ps` is the engine's command, where it is not docker's
 */
export async function walkThrough(
  env: Record<string, string>,
  { ps, ...entry }: { dist?: string; ps?: Listing } = {},
): Promise<void> {
  const workspace = await runnersWorkspace({ given: "given\n" });
  const cached = {
    "cached-preflight": "echo built >/built",
    "cache-container-build": "true",
    "cache-version": salt(),
  };
  const command =
    "cat /built given; echo made >made-by-$UID; echo kept >/tmp/agents-artifacts/kept";
  const cold = await act({ ...cached, command }, { env, workspace, ...entry });
  expect(cold.outputs, cold.stdout).toMatchObject({ conclusion: "success" });
  expect(layer(cold, "env").source).toBe("built");

  const warm = await act({ ...cached, command, user: "1001:1001" }, { env, workspace, ...entry });
  expect(warm.outputs, warm.stdout).toMatchObject({
    conclusion: "success",
    "image-source": "local",
    "cache-hit": "true",
  });
  for (const ran of [cold, warm]) {
    expect(ran.transcript).toBe("built\ngiven\n");
    expect(await readFile(join(ran.outputs["artifacts-path"] ?? "", "kept"), "utf8")).toBe(
      "kept\n",
    );
    expect(messages(ran, "warning")).toEqual([]);
  }
  for (const user of [0, 1001]) {
    expect(await readFile(join(workspace, `made-by-${user}`), "utf8")).toBe("made\n");
  }
  expect(await foreignIn(workspace)).toEqual([]);

  const failed = await act({ command: "exit 7" }, { env, workspace, ...entry });
  expect(failed.outputs).toMatchObject({ conclusion: "failure", "exit-code": "7" });
  await nothingLeft(failed, { env, ...(ps && { ps }) });
}
