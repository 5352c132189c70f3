import { fullDisk, Trouble } from "../log/trouble.ts";
import { BadInput, type Problem } from "../settings/problem.ts";

/** An error as people should read it: expected trouble in a sentence, a bug with its stack. */
export function explainFailure(error: unknown): readonly Problem[] {
  if (error instanceof BadInput) {
    return error.problems;
  }
  if (error instanceof Trouble) {
    return [{ message: error.message }];
  }
  const full = fullDisk(error);
  if (full !== undefined) {
    return [{ message: full }];
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    { message: `this is a bug in Agent Runner; please report it with these lines: ${stack}` },
  ];
}
