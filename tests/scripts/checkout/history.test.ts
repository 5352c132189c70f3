import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Trouble } from "../../../src/log/trouble.ts";
import { once, origin, tip, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { commit, git, write } from "../../unit/task/changes/repository.ts";

const change = (work: string) => commit(work, { "a.txt": "2\n" });
const near = once(() => origin({ "a.txt": "1\n" }, change));
/** Its base has gone on for longer than the first fetch reaches back. */
const far = once(() => origin({ "a.txt": "1\n" }, change, { ahead: 90 }));
const fetches = (names: readonly (string | undefined)[]) =>
  names.filter((name) => name === "fetch").length;
const behind = (folder: string) => Number(git(folder, "rev-list", "--count", "origin/main"));

describe("the history", () => {
  it("is as deep as the merge base, in two fetches where one does not reach it", async () => {
    const of = far();
    const { checkOut, folder, commands } = await world(of);
    expect(await checkOut()).toMatchObject({ mergeBase: of.mergeBase, warnings: [] });
    expect(fetches(commands.names())).toBe(2);
    expect(git(folder, "diff", "--name-only", "origin/main...HEAD")).toBe("a.txt\n");
  });

  it("is as deep as it is said, and a merge base beyond that is told of", async () => {
    const of = far();
    const { checkOut, folder, commands } = await world(of);
    const { mergeBase, warnings } = await checkOut({ depth: 5 });
    expect(mergeBase).toBeUndefined();
    expect(warnings).toEqual([
      "where pull request #7 left `main` is not known, so `git diff origin/main...HEAD` cannot be had: it is further back than `fetch-depth: 5` brings",
    ]);
    expect(behind(folder)).toBe(5);
    expect(fetches(commands.names())).toBe(1);
  });

  it.each(["empty", "a checkout one commit deep"])(
    "is whole for 0: in a workspace that is %s",
    async (what) => {
      const of = far();
      const { checkOut, checkoutMain, folder, commands } = await world(of);
      if (what !== "empty") checkoutMain();
      expect(await checkOut({ depth: 0 })).toMatchObject({ mergeBase: of.mergeBase });
      expect(behind(folder)).toBe(91);
      expect(fetches(commands.names())).toBe(1);
      expect(git(folder, "fsck", "--no-dangling")).toBe("");
    },
  );

  it("has nothing in common with the base's where there is nothing, which is told", async () => {
    const of = origin({ "a.txt": "1\n" }, (work) => {
      git(work, "switch", "--quiet", "--orphan", "other");
      change(work);
    });
    const { checkOut, folder } = await world(of);
    const { mergeBase, warnings } = await checkOut();
    expect(mergeBase).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/: the two have no history in common$/)]);
    expect(tip(folder)).toBe(of.head);
  });

  it("begins at the commit that somebody asked about, wherever the branch is now", async () => {
    const of = origin({ "a.txt": "1\n" }, change);
    git(of.work, "switch", "--quiet", "change");
    commit(of.work, { "a.txt": "3\n" });
    git(of.bare, "fetch", "--quiet", of.work, "+change:refs/pull/7/head");
    for (const old of [false, true]) {
      const { checkOut, folder, commands } = await world(of, { old });
      expect(await checkOut()).toMatchObject({ head: of.head, warnings: [] });
      expect(git(folder, "rev-parse", "HEAD", "pull/7/head")).toBe(`${of.head}\n${of.head}\n`);
      expect(git(folder, "status", "--porcelain")).toBe("");
      if (old)
        expect((await world(of, { old }).then((one) => one.checkOut({ depth: 1 }))).head).toBe(
          of.head,
        );
      // which the server of the first protocol does not give by its name
      expect(commands.all().some((line) => line.includes("+refs/pull/7/head:"))).toBe(old);
    }
  });

  it.each([false, true])(
    "with a commit that is gone there is none (old server: %s)",
    async (old) => {
      const { checkOut, folder } = await world(near(), { old });
      const gone = checkOut({ head: { sha: "1".repeat(40) } });
      await expect(gone).rejects.toThrow(
        "commit 1111111111111111111111111111111111111111 of pull request #7 is not there any more: its branch was pushed over since somebody asked; ask again for what is there now",
      );
      await expect(gone).rejects.toBeInstanceOf(Trouble);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it("begins without the merge base where more of it cannot be had, which is told", async () => {
    const of = far();
    const { checkOut, folder, request } = await world(of);
    const bin = workspace();
    const script = '[ "$5" = --depth=500 ] && { echo "fatal: the packs are gone" >&2; exit 128; }';
    write(bin, "git", `#!/bin/sh\n${script}\nPATH="\${PATH#*:}" exec git "$@"\n`, 0o755);
    const environment = { ...request.environment, PATH: `${bin}:${request.environment.PATH}` };
    const { mergeBase, warnings } = await checkOut({ environment });
    expect(mergeBase).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/cannot be had: git fetch: fatal: the packs are gone$/),
    ]);
    expect(tip(folder)).toBe(of.head);
  });

  it("of a base whose branch is gone is that of its last known commit", async () => {
    const of = near();
    const { checkOut, folder } = await world(of);
    const { mergeBase, warnings } = await checkOut({ base: { ref: "old/base", sha: of.base } });
    expect(mergeBase).toBe(of.mergeBase);
    expect(warnings).toEqual([
      "the base branch `old/base` is not there any more: `origin/old/base` is its last known commit",
    ]);
    expect(git(folder, "rev-parse", "origin/old/base")).toBe(`${of.base}\n`);
  });
});
