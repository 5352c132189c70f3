import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { IgnoreRules } from "../../../../src/task/changes/ignore-rules.ts";
import { repository } from "./repository.ts";

function ignores(text: string, path: string, isFolder = false): boolean {
  const rules = new IgnoreRules();
  rules.add("", text);
  return rules.ignores(path, isFolder);
}

it.each([
  ["node_modules/", "a/node_modules", true, true],
  ["node_modules/", "node_modules", false, false],
  ["/dist", "a/dist", true, false],
  ["*.log\n!keep.log", "a/keep.log", false, false],
  ["a/**/b", "a/x/y/b", false, true],
  ["a/**/b", "a/b", false, true],
  ["a/**", "a", true, false],
  ["**/b/c", "x/b/c", false, true],
  ["a b\\ \n", "a b ", false, true],
  ["[!a-c]x", "dx", false, true],
  ["[!a-c]x", "bx", false, false],
  ["\\#a", "#a", false, true],
  ["# a", "# a", false, false],
  ["[a", "[a", false, false],
])("%j and %s (folder: %s): %s", (text, path, isFolder, expected) => {
  expect(ignores(text, path, isFolder)).toBe(expected);
});

it("the file further down has the last word", () => {
  const rules = new IgnoreRules();
  rules.add("", "*.txt");
  rules.add("a", "!*.txt");
  expect(rules.ignores("b/x.txt", false)).toBe(true);
  expect(rules.ignores("a/x.txt", false)).toBe(false);
});

it("agrees with git, whatever the lines", () => {
  const folder = repository({});
  const piece = fc.constantFrom(
    "a",
    "b",
    "*",
    "**",
    "?",
    "/",
    "[ab]",
    "[!a]",
    "\\*",
    "!",
    ".",
    "a/",
  );
  const line = fc
    .array(piece, { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join(""))
    // git 2.39 reads a `**` that is not a step of its own in more than one way
    .filter((one) => !/[^/]\*\*|\*\*[^/*]/.test(one.replace(/^!/, "")));
  const name = fc.array(fc.constantFrom("a", "b", "ab", ".", "*"), { minLength: 1, maxLength: 2 });
  const step = name
    .map((parts) => `x${parts.join("")}`.slice(1))
    .filter((one) => !/^\.+$/.test(one));
  const path = fc.array(step, { minLength: 1, maxLength: 3 }).map((steps) => steps.join("/"));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 3 }),
      fc.array(path, { minLength: 10, maxLength: 20 }),
      (lines, paths) => {
        const text = lines.join("\n");
        writeFileSync(join(folder, ".gitignore"), text);
        const asked = [...new Set(paths)];
        const argv = ["check-ignore", "--no-index", "--verbose", "--non-matching", "-z", "--stdin"];
        const answer = execFileSync("bash", ["-c", `git ${argv.join(" ")} || (($? == 1))`], {
          cwd: folder,
          input: asked.map((one) => `${one}\0`).join(""),
          encoding: "utf8",
        }).split("\0");
        const rules = new IgnoreRules();
        rules.add("", text);
        for (const [at, one] of asked.entries()) {
          const pattern = answer[at * 4 + 2] ?? "";
          const parents = one.split("/").map((_, end, all) => all.slice(0, end + 1).join("/"));
          // as the walk does: what is below an ignored folder is not asked about
          const ours = parents.some((part, depth) =>
            rules.ignores(part, depth < parents.length - 1),
          );
          expect(ours, `${JSON.stringify(text)} and ${one}: ${pattern}`).toBe(
            pattern !== "" && !pattern.startsWith("!"),
          );
        }
      },
    ),
    { numRuns: 30 },
  );
});

it("takes no long time for a pattern that is made to", () => {
  const started = performance.now();
  expect(ignores(`${"*a".repeat(500)}b`, "a".repeat(4_000))).toBe(false);
  expect(ignores(`${"**/a/".repeat(200)}b`, "a/".repeat(1_000).slice(0, -1))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2_000);
});
