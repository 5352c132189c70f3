import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { act, printed } from "../integration/support/act.ts";
import { asImageUser, runnersWorkspace } from "../integration/support/task-users.ts";

test("a workspace of 100,000 files goes to the task's user and back in less than a minute", async () => {
  const workspace = await runnersWorkspace();
  const make =
    'for d in {0..99}; do mkdir "d$d"; (cd "d$d" && touch f{0..999}); done; chown -R 1001:1001 .';
  execFileSync("bash", ["-c", make], { cwd: workspace });
  const started = Date.now();
  const result = await act(
    { ...asImageUser, command: "echo task: $(find . -type f -user 4321 | wc -l); echo x >d7/f7" },
    { workspace },
  );
  expect(Date.now() - started).toBeLessThan(60_000);
  expect(printed(result)).toEqual(["task: 100000"]);
  expect(execFileSync("find", [workspace, "!", "-user", "1001"], { encoding: "utf8" })).toBe("");
});
