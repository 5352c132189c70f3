import { execFileSync } from "node:child_process";
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ContainerSpec } from "../../../../src/engine/create-argv.ts";
import type { Engine } from "../../../../src/engine/engine.ts";
import { takeBack } from "../../../../src/task/workspace/shared.ts";
import { workspace } from "../../settings/workspace.ts";

it("a workspace is handed back at a second attempt, too, before which the task's own .git has gone", async () => {
  const folder = workspace({ ".git/config": "x" });
  // so deep that this process cannot look at it
  const deep = `for at in {1..20}; do mkdir ${"d".repeat(250)} && cd -P d* || exit; done`;
  execFileSync("bash", ["-c", deep], { cwd: folder });
  const { uid, gid } = lstatSync(folder);
  const asked: ContainerSpec[] = [];
  const run = async (spec: ContainerSpec) => {
    asked.push(spec);
    return { code: 0, stdout: "", stderr: "" };
  };
  const engine = { containers: { run } } as unknown as Engine;
  const over = { folder: join(workspace(), "gone"), at: ".git", readonly: false };
  const given = { image: "i", workspace: folder, owner: { uid, gid }, over, since: 0 };
  const { unfinished } = await takeBack(engine, given, "r");
  expect(unfinished).toBe(true);
  // the repository's own folder, which the task has not seen, stays as it is
  expect(asked.map(({ mounts }) => mounts)).toEqual([
    [
      `type=bind,source=${folder},target=/workspace`,
      `type=bind,source=${folder}/.git,target=/workspace/.git,readonly`,
    ],
  ]);
});
