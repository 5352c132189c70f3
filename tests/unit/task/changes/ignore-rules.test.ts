import { expect, it } from "vitest";
import { IgnoreRules } from "../../../../src/task/changes/ignore-rules.ts";

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

it("takes no long time for a pattern that is made to", () => {
  const started = performance.now();
  expect(ignores(`${"*a".repeat(500)}b`, "a".repeat(4_000))).toBe(false);
  expect(ignores(`${"**/a/".repeat(200)}b`, "a/".repeat(1_000).slice(0, -1))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2_000);
});
