import { join } from "node:path";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { costs } from "../../costs.ts";
import { costOf, dealt } from "../../harness/dear-and-cheap.ts";

const tests = join(import.meta.dirname, "../..");
const integration = globSync("integration/**/*.test.ts", { cwd: tests });

it("every integration test says what it costs, in tests/costs.ts", () => {
  expect(integration.length).toBeGreaterThan(0);
  expect(integration.filter((file) => !(costs[file] ?? 0))).toEqual([]);
});

it("no cost is that of a file that has gone or moved", () => {
  const files = new Set(globSync("**/*.test.ts", { cwd: tests }));
  expect(Object.keys(costs).filter((file) => !files.has(file))).toEqual([]);
});

it("a file's cost is found by its path", () => {
  const [[file, seconds] = ["", 0]] = Object.entries(costs);
  expect(costOf(join(tests, file))).toBe(seconds);
  expect(costOf(join(tests, "unit/keys/keys.test.ts"))).toBe(0);
});

it("a dear file and a cheap one take turns, and what costs nothing is last, in its order", () => {
  const cost = { a: 0, b: 10, c: 50, d: 30, e: 40, f: 20, g: 0 };
  const files = Object.keys(cost) as (keyof typeof cost)[];
  expect(dealt(files, (file) => cost[file]).join("")).toBe("cfebdag");
});
