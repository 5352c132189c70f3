import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { act, layer, type Ran, salt } from "./support/act.ts";

const inputs = {
  "headless-desktop": "optional",
  "desktop-install-script": "echo desktop >/opt/desktop",
  "cached-preflight": "echo env >/opt/env",
  "cache-desktop-build": "true",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo one; echo two >&2; echo kept >/tmp/agents-artifacts/kept.txt; exit 7",
};
let built: Ran;
let hit: Ran;
const titles: Record<string, string> = { desktop: "desktop image", env: "environment image" };

beforeAll(async () => {
  built = await act(inputs);
  hit = await act(inputs);
});

test("the summary has a table of the layers: source, time and key", () => {
  for (const result of [built, hit]) {
    const rows = result.summary
      .split("\n")
      .filter((line) => /^\| (?:desktop|environment) image \|/.test(line));
    expect(rows).toHaveLength(result.layers.length);
    for (const { name, key } of result.layers) {
      const row = rows.find((line) => line.startsWith(`| ${titles[name]} `)) ?? "";
      expect(row).toContain(key.replaceAll("_", "&#95;"));
      expect(row).toMatch(/\d (?:ms|s) /);
    }
  }
  expect(built.layers).toHaveLength(2);
  expect(built.summary).toMatch(/^\| environment image \| built \|/m);
  expect(hit.summary).toMatch(/^\| environment image \| found in the engine \|/m);
});

test("the summary draws a timeline of the run", () => {
  const chart = (result: Ran) => /```mermaid\ngantt\n([\s\S]*?)```/.exec(result.summary)?.[1] ?? "";
  expect(chart(built)).toMatch(/^ {2}build desktop \(.+\) : \d+, \d+$/m);
  expect(chart(built)).toMatch(/^ {2}build env \(/m);
  expect(chart(built)).toMatch(/^ {2}task \(/m);
  expect(chart(hit)).not.toContain("build");
  const bars = chart(hit).matchAll(/: (\d+), (\d+)$/gm);
  for (const [, from, to] of bars) expect(Number(to)).toBeGreaterThan(Number(from));
});

test("the summary says how it ended, and where to look", () => {
  expect(hit.summary).toMatch(/^## .*failure/m);
  expect(hit.summary).toContain("exit code");
  expect(hit.summary).toContain("kept.txt");
  expect(hit.summary).toContain("transcript.log");
});

test("the plan names a layer by its key, and one line says what became of it", () => {
  const key = expect.stringMatching(/^environment image: [a-z-]+(?:-[0-9a-f]{16})+$/);
  const lines = (result: Ran) =>
    result.stdout.split("\n").filter((line) => /^environment image/.test(line));
  expect(lines(built)).toEqual([
    key,
    expect.stringMatching(/^environment image: not found \(/),
    expect.stringMatching(/^environment image: built in /),
  ]);
  expect(lines(hit)).toEqual([
    key,
    expect.stringMatching(/^environment image: found in the engine in /),
  ]);
});

test("a build stands in a group of its own, and groups are closed", () => {
  expect(built.commands.filter((name) => name === "group").length).toBeGreaterThanOrEqual(2);
  for (const result of [built, hit]) {
    const count = (wanted: string) => result.commands.filter((name) => name === wanted).length;
    expect(count("endgroup")).toBe(count("group"));
  }
});

test("outputs: the layers with their components, the timings, the transcript of both streams", async () => {
  const { components } = layer(built, "env");
  expect(components.map(({ name }) => name)).toEqual([
    "base",
    "install",
    "setup",
    "desktop-dockerfile",
    "preflight",
    "dockerfile",
  ]);
  for (const { sha256 } of components) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(components.at(-1)?.text).toMatch(/^FROM \{\{parent\}\}\n/);
  const timings = JSON.parse(built.outputs.timings ?? "") as {
    name: string;
    start: number;
    end: number;
  }[];
  expect(timings.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["resolve base", "build desktop", "build env", "task"]),
  );
  for (const { start, end } of timings) expect(end).toBeGreaterThanOrEqual(start);
  const transcript = await readFile(built.outputs["transcript-path"] ?? "", "utf8");
  expect(transcript).toContain("one\n");
  expect(transcript).toContain("two\n");
});
