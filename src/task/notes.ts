import { maxOutputBytes } from "./agent-output.ts";

// The notes below /run/agent-runner/state are written by the start script, and by whomever else the task runs: they
// are its word. So each may decide only what the task may decide anyway, and the exit code is the engine's.
//
// | note                | believed when                               | decides                                           |
// | pid                 | always                                      | whether the start script began; where TERM goes,  |
// |                     |                                             | in the task's own container                       |
// | needs               | the code is not 0, and nothing was started  | the message                                       |
// | started             | always                                      | without it 0 is no success; never the reverse:    |
// |                     |                                             | what is not 0 is none with it, either             |
// | failed              | the code is not 0, and its stage is one of  | which script a message names, where, and the      |
// |                     | this task's, nothing was started            | annotation's line; the code in it is the engine's |
// | not-found           | the code is 127, and there is an agent      | the message                                       |
// | desktop             | the task has a desktop                      | whether its address is shown                      |
// | desktop-failed      | the desktop is optional                     | a warning in our words                            |
// | screenshot-failed   | the task has a desktop                      | a warning in our words                            |
// | output              | within its size                             | the output `agent-outputs`, which is the agent's  |
// | home                | an absolute path                            | where in the task's container sessions are read   |

/** The most that each may have in bytes; a larger one counts as none. */
export const noteSizes: ReadonlyMap<string, number> = new Map([
  ["pid", 16],
  ["needs", 1024],
  ["started", 64],
  ["failed", 4096],
  ["not-found", 0],
  ["desktop", 0],
  ["desktop-failed", 0],
  ["screenshot-failed", 0],
  ["output", maxOutputBytes],
  ["home", 4096],
]);

export type Notes = ReadonlyMap<string, Buffer>;

/** The stage that ended the task, as it noted it. */
export interface FailedStage {
  readonly stage: string;
  /** Where, as far as it is known. */
  readonly line: number | undefined;
  readonly file: string;
}

/** Reads the note about a failed stage; undefined where it is none that can be. Pure. */
export function failedStage(notes: Notes, stages: readonly string[]): FailedStage | undefined {
  const [stage = "", line = "", file = ""] =
    notes.get("failed")?.toString("utf8").split("\0") ?? [];
  if (!stages.includes(stage) || notes.has("started")) {
    return undefined;
  }
  return { stage, line: /^\d{1,7}$/.test(line) ? Number(line) : undefined, file };
}

/** Where the agent's sessions are; undefined where that cannot be a folder. Pure. */
export function homeIn(notes: Notes): string | undefined {
  const home = notes.get("home")?.toString("utf8");
  return home !== undefined && /^\/[^\0\n]*$/.test(home) ? home : undefined;
}
