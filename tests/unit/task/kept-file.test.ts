import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { keptFile } from "../../../src/task/kept-file.ts";
import { workspace } from "../settings/workspace.ts";

const note = (bytes: number) => `[${bytes} left out]`;

async function kept(texts: readonly (string | Buffer)[], bounds?: { head: number; tail: number }) {
  const path = join(workspace(), "file");
  const warnings: string[] = [];
  const file = keptFile(path, "the transcript", warnings, note, bounds);
  for (const text of texts) {
    await new Promise<void>((resolve) => {
      (file.stream() as Writable).write(text, () => resolve());
    });
  }
  await file.end();
  return { path, warnings };
}

describe("what a task writes is kept", () => {
  it.each([
    ["whole", ["a\n", "b\n", "c"], "a\nb\nc"],
    ["whole, where it is just as much as there is room for", ["12345678", "abcd"], "12345678abcd"],
    ["by its beginning and its end", ["12345678", "90abcdefg"], "12345678[5 left out]\ndefg"],
    [
      "in whole lines, where there are lines",
      ["12\n34\n567\n", "x\ny\nz\n"],
      "12\n34\n[8 left out]\nz\n",
    ],
    [
      "whatever comes in one piece",
      [`12345678${"x".repeat(100)}abcd`],
      "12345678[100 left out]\nabcd",
    ],
    ["whatever comes byte by byte", "12345678xxxxabcd".split(""), "12345678[4 left out]\nabcd"],
    ["not at all, where nothing comes", [], ""],
  ])("%s", async (_how, texts, expected) => {
    const { path, warnings } = await kept(texts, { head: 8, tail: 4 });
    expect(readFileSync(path, "utf8")).toBe(expected);
    expect(warnings).toEqual(
      expected.includes("left out") ? [expect.stringMatching(/^the transcript was cut: /)] : [],
    );
  });

  it("up to 72 MB, unless it is asked for less", async () => {
    const { path, warnings } = await kept(new Array(100).fill(Buffer.alloc(1_000_000, "x\n")));
    expect(statSync(path).size).toBeLessThan(72_000_000);
    expect(warnings).toEqual(["the transcript was cut: 29 MB in its middle were left out"]);
  });

  it("or not, which is told once and holds nobody up", async () => {
    const warnings: string[] = [];
    const file = keptFile("/proc/none/file", "the transcript", warnings, note);
    file.stream()?.write("x".repeat(1_000_000));
    await file.end();
    expect(file.stream()).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(/^the transcript could not be written: ENOENT/),
    ]);
  });
});
