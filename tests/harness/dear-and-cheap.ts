/** The order of test files, from what they cost. */
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { costs } from "../costs.ts";

const ROOT = `${import.meta.dirname}/../`;

/** Seconds, by a file's path; 0 for one that costs next to nothing. */
export function costOf(file: string): number {
  return costs[relative(ROOT, file)] ?? 0;
}

/**
 * The dearest first, and a cheap one after each: dear files install and build, which is work for the processor, and
 * among the cheap ones are those that mostly wait.
 *
 * @param cost what costs nothing comes last, as it stands
 */
export function dealt<T>(files: readonly T[], cost: (file: T) => number): T[] {
  const dear = files.filter((file) => cost(file) > 0).toSorted((a, b) => cost(b) - cost(a));
  const cheap = dear.splice(Math.ceil(dear.length / 2));
  const free = files.filter((file) => cost(file) === 0);
  return [...dear.flatMap((file, index) => [file, ...cheap.slice(index, index + 1)]), ...free];
}

/**
 * By itself vitest begins with the largest file where it has no times of an earlier run, as in a fresh clone; but some
 * of the shortest files install a whole desktop, and would run last, alone, for minutes.
 */
export default class DearAndCheap extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // what costs nothing stays with its project's others: those of `unit` share a process
    return dealt(await super.sort(files), ({ moduleId }) => costOf(moduleId));
  }
}
