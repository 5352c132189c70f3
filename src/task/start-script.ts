import type { Owner } from "./workspace/plan.ts";

/** Everything the task needs beside the workspace lies here, owned by the task's user. */
export const taskFolder = "/run/agent-runner";
export const artifactsFolder = "/tmp/agents-artifacts";

/** Files that `container/start.sh` leaves below `state/`; it says there what each means. */
export const noteNames: ReadonlySet<string> = new Set([
  "pid",
  "started",
  "not-found",
  "output",
  "failed",
  "desktop",
  "desktop-failed",
  "screenshot-failed",
  "given-back",
  "home",
]);

/** What `container/start.sh` is told; it has no other input than its files. */
export interface StartOptions {
  /** Names of the sourced preflights, in order; each is `<name>.sh` in the task folder. */
  readonly stages: readonly string[];
  /** Wait for a line on standard input first: what no image provides is being installed. */
  readonly waits: boolean;
  readonly hasPrompt: boolean;
  readonly desktop: "none" | "required" | "optional";
  readonly run: "agent" | "command";
  /** To whom the workspace is handed back at the end, where that is needed. */
  readonly owner: Owner | undefined;
  /** Printed on a line of its own right before the agent begins; empty for none. */
  readonly mark: string;
  /** Where the agent keeps its sessions, below the home folder. */
  readonly sessions: string;
}

/** The text of `options.sh`. Nothing of the user's stands in it, only names of ours. */
export function startOptions(options: StartOptions): string {
  return [
    `ar_stages=(${options.stages.join(" ")})`,
    `ar_stdin=${options.hasPrompt ? `${taskFolder}/prompt` : "/dev/null"}`,
    `ar_waits=${options.waits}`,
    `ar_desktop=${options.desktop}`,
    `ar_run=${options.run}`,
    `ar_owner=${options.owner === undefined ? "" : `${options.owner.uid}:${options.owner.gid}`}`,
    `ar_mark=${options.mark}`,
    `ar_sessions=${options.sessions}`,
    "",
  ].join("\n");
}
