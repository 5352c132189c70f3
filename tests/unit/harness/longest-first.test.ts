import { join } from "node:path";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { costs } from "../../costs.ts";
import { costOf } from "../../harness/longest-first.ts";

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
