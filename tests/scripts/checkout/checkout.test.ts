import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { whyNoCheckout } from "../../../src/checkout/checkout.ts";
import { origin, tip, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { changesBy, commit, git, write } from "../../unit/task/changes/repository.ts";

describe("an empty workspace", () => {
  it("has the head then, a fork's like others, and the base to compare with, by one fetch", async () => {
    const of = origin(
      { "a.txt": "1\n", "gone.txt": "x\n" },
      (work) => {
        git(work, "rm", "--quiet", "gone.txt");
        commit(work, { "a.txt": "2\n", "new/b.txt": "b\n" });
      },
      { ahead: 3 },
    );
    const { checkOut, folder, commands, server } = await world(of);
    expect(await checkOut()).toEqual({
      head: of.head,
      mergeBase: of.mergeBase,
      warnings: [],
      notices: [],
    });
    expect(commands.names()).toEqual(["config", "fetch", "merge-base", "read-tree"]);
    expect(server.requests).toHaveLength(3); // what there is, which of it, and the pack
    expect(tip(folder)).toBe(of.head);
    expect(git(folder, "status", "--porcelain=v2", "--branch")).toBe(
      `# branch.oid ${of.head}\n# branch.head (detached)\n`,
    );
    expect(git(folder, "diff", "--name-status", "origin/main...HEAD")).toBe(
      "M\ta.txt\nD\tgone.txt\nA\tnew/b.txt\n",
    );
    expect(git(folder, "log", "--format=%H", "origin/main..HEAD")).toBe(`${of.head}\n`);
    expect(git(folder, "rev-parse", "origin/main", "pull/7/head")).toBe(`${of.base}\n${of.head}\n`);
    expect(git(folder, "remote", "get-url", "origin")).toBe(`${server.url}/o/r\n`);
    expect(git(folder, "fsck", "--no-dangling")).toBe("");
  });
});

it("what a task does with it is told as a patch to the head, and its copy has the history", async () => {
  const of = origin({ "a.txt": "1\n" }, (work) => commit(work, { "a.txt": "2\n" }), { ahead: 70 });
  const { checkOut, checkoutMain, folder } = await world(of);
  checkoutMain();
  await checkOut();
  let seen = "";
  const { files, warnings, patch } = await changesBy(folder, (copy) => {
    // the container sees the objects elsewhere
    write(copy, "objects/info/alternates", `${folder}/.git/objects\n`);
    const there = [`--git-dir=${copy}`, `--work-tree=${folder}`];
    seen = git(folder, ...there, "diff", "--name-only", "origin/main...pull/7/head");
    write(folder, "a.txt", "3\n");
  });
  expect(seen).toBe("a.txt\n");
  expect(warnings).toEqual([]);
  expect(files).toMatchObject([{ path: "a.txt", status: "modified" }]);
  expect(readFileSync(patch ?? "", "utf8")).toContain("-2\n+3\n");
});

it("a workspace without a checkout is told of, in a sentence", () => {
  const folder = workspace({ "a.txt": "1" });
  const told = `there is no checkout in the workspace (${folder}): add \`actions/checkout\` before this step`;
  expect(whyNoCheckout(folder, true)).toBe(`${told}, or set \`checkout: head\``);
  expect(whyNoCheckout(folder, false)).toBe(told); // an issue has no head
  git(folder, "init", "--quiet");
  expect(whyNoCheckout(folder, true)).toBeUndefined();
});
