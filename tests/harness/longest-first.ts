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
 * The dearest file first. By itself vitest begins with the largest file where it has no times of an earlier run, as in
 * a fresh clone; but some of the shortest files install a whole desktop, and would run last, alone, for minutes.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // equal ones stay as they were: a project's files together, since those of `unit` share a process
    return (await super.sort(files)).toSorted(
      (one, other) => costOf(other.moduleId) - costOf(one.moduleId),
    );
  }
}
