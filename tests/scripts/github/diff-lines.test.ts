import { execFileSync } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diffFiles } from "../../../src/github/diff-lines.ts";
import { workspace } from "../../unit/settings/workspace.ts";

/** What git says of a change, the lists of what was before and after; undefined where there is no file. */
function gitDiff(before: Record<string, string>, change: (folder: string) => void): string {
  const folder = workspace(before);
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@localhost", ...args], {
      ...{ cwd: folder, encoding: "utf8" },
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    });
  git("init", "--quiet");
  git("add", "--all");
  git("commit", "--quiet", "--allow-empty", "--message=x");
  change(folder);
  git("add", "--all");
  return git("diff", "--cached", "--find-renames");
}

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}\n`);

describe("the lines of a diff", () => {
  it("are those of git's own, whatever is a name in it and whatever a line looks like", () => {
    const names = ["plain", "with blank", 'qu"ote', "ä/ö.txt", "tab\there", "gone", "a/b/a b/x"];
    const before = Object.fromEntries(names.map((name) => [name, "one\n-- a/old\ntwo\nthree\n"]));
    const diff = gitDiff(before, (folder) => {
      for (const name of names) {
        if (name === "gone") rmSync(join(folder, name));
        else writeFileSync(join(folder, name), "one\n++ b/new\ntwo\nthree");
      }
      writeFileSync(join(folder, "empty"), "");
      writeFileSync(join(folder, "binary"), Buffer.from([0, 1, 2]));
      writeFileSync(join(folder, "fresh"), "1\n2\n");
    });
    const changed = {
      right: { first: 1, last: 4 },
      left: [
        { first: 2, last: 2 },
        { first: 4, last: 4 },
      ],
    };
    const found = new Map(diffFiles(diff).map(({ path, hunks }) => [path, hunks]));
    expect(Object.fromEntries(found)).toEqual({
      ...Object.fromEntries(names.map((name) => [name, [changed]])),
      gone: [{ right: undefined, left: [{ first: 1, last: 4 }] }],
      fresh: [{ right: { first: 1, last: 2 }, left: [] }],
      empty: [],
      binary: [],
    });
  });

  it("of a renamed file are the new one's, and its old name is known", () => {
    const text = lines(40);
    const diff = gitDiff({ "old name": text.join("") }, (folder) => {
      renameSync(join(folder, "old name"), join(folder, "new"));
      writeFileSync(join(folder, "new"), text.with(19, "changed\n").join(""));
    });
    expect(diffFiles(diff)).toEqual([
      {
        ...{ path: "new", from: "old name" },
        hunks: [{ right: { first: 17, last: 23 }, left: [{ first: 20, last: 20 }] }],
      },
    ]);
  });

  // every line is unlike any other, so that sets tell what was added and deleted
  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    "are all that was added and just what was deleted (%i)",
    (seed) => {
      let state = seed * 7919;
      const random = (below: number) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return state % below;
      };
      const old = lines(60);
      const fresh = old.flatMap((line, at) => {
        const dice = random(12);
        if (dice === 0) return [];
        if (dice === 1) return [line, `added ${at}\n`];
        return dice === 2 ? [`changed ${at}\n`] : [line];
      });
      const diff = gitDiff({ file: old.join("") }, (folder) =>
        writeFileSync(join(folder, "file"), fresh.join("")),
      );
      const hunks = diffFiles(diff)[0]?.hunks ?? [];
      const numbers = (spans: readonly { first: number; last: number }[]) =>
        spans.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, at) => first + at),
        );
      const right = new Set(numbers(hunks.flatMap((hunk) => hunk.right ?? [])));
      const added = fresh.flatMap((line, at) => (old.includes(line) ? [] : [at + 1]));
      const deleted = old.flatMap((line, at) => (fresh.includes(line) ? [] : [at + 1]));
      expect(added.length + deleted.length).toBeGreaterThan(0);
      expect(added.filter((line) => !right.has(line))).toEqual([]);
      expect(numbers(hunks.flatMap(({ left }) => left))).toEqual(deleted);
      // unchanged ones only as git shows them: three around a change
      expect(right.size).toBeLessThanOrEqual(added.length + 6 * (added.length + deleted.length));
      expect(Math.max(...right)).toBeLessThanOrEqual(fresh.length);
    },
  );

  it("of a diff that breaks off are those that are there", () => {
    const whole =
      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n one\n+new\n two\n three\n";
    const cut = whole.slice(0, whole.indexOf(" two"));
    expect(diffFiles(cut)[0]?.hunks).toEqual([{ right: { first: 1, last: 2 }, left: [] }]);
  });

  it.each(["", "no diff\n@@ -1 +1 @@\n+x\n", "diff --git\n", "diff --git a b\n"])(
    "of what is none (%j) are none",
    (text) => {
      expect(diffFiles(text)).toEqual([]);
    },
  );
});
