import { truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { IgnoreRules } from "../../../../src/task/changes/ignore-rules.ts";
import { noIndex } from "../../../../src/task/changes/index-file.ts";
import { walk } from "../../../../src/task/changes/walk.ts";
import { workspace } from "../../settings/workspace.ts";

const options = () => ({ index: noIndex, rules: new IgnoreRules(), apart: new Set<string>() });

it("is not held up by a `.gitignore` that is one line without end", async () => {
  const folders = Array.from({ length: 50 }, (_, number) => `d${number}`);
  const root = workspace(Object.fromEntries(folders.map((name) => [`${name}/.gitignore`, ""])));
  for (const name of folders) truncateSync(join(root, name, ".gitignore"), 1024 * 1024);
  const before = performance.now();
  expect((await walk(root, options())).found.size).toBe(50);
  expect(performance.now() - before).toBeLessThan(2_000);
});

it("ends in time, whatever rules and files come to together", async () => {
  const lines = Array.from({ length: 100_000 }, (_, number) => `*${number}x*y`).join("\n");
  const names = Array.from({ length: 1_000 }, (_, number) => [`file-${number}`, ""]);
  const root = workspace({ ".gitignore": lines, ...Object.fromEntries(names) });
  await expect(walk(root, { ...options(), limitMs: 500 })).rejects.toThrow(/longer than 0.5 s/);
});
