import type { Place } from "../log/log.ts";
import type { Outputs } from "./outputs.ts";

/** What a mode hands to its caller: the action writes it to the runner's files, the terminal prints it. */
export interface Report {
  readonly outputs: Outputs;
  /** Markdown. */
  readonly summary: string;
  /** For the process: 0, or the task's own exit code. */
  readonly exitCode: number;
  /** Why the step fails, if it does. */
  readonly failure: (Place & { readonly message: string }) | undefined;
}
