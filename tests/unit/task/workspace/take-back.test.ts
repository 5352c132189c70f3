import { join } from "node:path";
import { expect, it } from "vitest";
import { stillThere } from "../../../../src/task/workspace/shared.ts";
import { workspace } from "../../settings/workspace.ts";

it("a workspace is handed back at a second attempt, too, before which the task's own .git has gone", () => {
  const folder = workspace({ ".git/config": "x" });
  const given = { image: "i", workspace: folder, owner: { uid: 0, gid: 0 } };
  const over = { folder: workspace(), at: ".git", readonly: false };
  expect(stillThere({ ...given, over })).toEqual(over);
  // the repository's own folder, which the task has not seen, stays as it is
  expect(stillThere({ ...given, over: { ...over, folder: join(folder, "gone") } })).toEqual({
    folder: join(folder, ".git"),
    at: ".git",
    readonly: true,
  });
  expect(stillThere(given)).toBeUndefined();
});
