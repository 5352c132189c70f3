import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

// docs/threat-model.md promises a test for each defence.

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The rows of the tables that name tests, by their cells. */
const rows = read("docs/threat-model.md")
  .split(/\n\n+/)
  .filter((block) => /^\|.*\| test \|$/m.test(block))
  .flatMap((table) => table.trim().split("\n").slice(2))
  .map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );

/** `FILE`: "TITLE", as the last cell of a row has them. */
const named = rows.flatMap((cells) =>
  [...(cells.at(-1) ?? "").matchAll(/`([\w/.-]+\.test\.ts)`: "([^"]+)"/g)].map(
    ([, file = "", title = ""]) => [file, title] as const,
  ),
);

describe("the threat model", () => {
  it("has tables with who, what stops them, what is left, and a test", () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const cells of rows) {
      expect(cells).toHaveLength(4);
      expect(cells.at(-1)).toMatch(/^TODO-[A-G]$|^(?:`[^`]+`: "[^"]+"(?:; |$))+$/);
    }
  });

  it.each(named)("names a test that there is: %s: %s", (file, title) => {
    const path = join("tests", file);
    expect(existsSync(join(root, path)), path).toBe(true);
    // behind `test(`, or on a line of its own
    const literal = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    expect(read(path)).toMatch(new RegExp(`(?:\\(|^ *)["'\`]${literal}["'\`],`, "m"));
  });

  it("has a test for each row", () => {
    expect(rows.filter((cells) => cells.at(-1)?.startsWith("TODO"))).toEqual([]);
  });

  it.each(["README.md", "SECURITY.md"])("can be found from %s", (path) => {
    expect(read(path)).toContain("](docs/threat-model.md)");
  });
});
