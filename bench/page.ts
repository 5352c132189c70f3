/** docs/performance.md: each benchmark has a section of its own there and leaves the others alone. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const page = join(import.meta.dirname, "..", "docs", "performance.md");

/** Puts a benchmark's section where its last one was, or at the page's end. */
export async function writeSection(name: string, text: string): Promise<void> {
  await writeFile(page, withSection(await readFile(page, "utf8"), name, text));
}

/** Says which promises the figures do not keep; with any, the benchmark fails. */
export function failOn(broken: readonly string[]): void {
  for (const promise of broken) {
    console.error(`not kept: ${promise}`);
    process.exitCode = 1;
  }
}

/** Pure. */
export function withSection(whole: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: made by bench/${name}.ts -->`, `<!-- /${name} -->`];
  const marked = `${begin}\n\n${text.trim()}\n\n${end}`;
  const [before, rest] = whole.split(begin);
  const after = rest?.split(end)[1];
  return after === undefined ? `${whole.trimEnd()}\n\n${marked}\n` : `${before}${marked}${after}`;
}

/** A table's lines, the first row being its head; columns after the first `left` hold numbers. Pure. */
export function markdownTable(
  left: number,
  [head = [], ...body]: readonly (readonly string[])[],
): string[] {
  const rule = head.map((_, column) => (column < left ? "---" : "--:"));
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
