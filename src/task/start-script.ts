/** Everything the task needs beside the workspace lies here, owned by the task's user. */
export const taskFolder = "/run/agent-runner";
export const artifactsFolder = "/tmp/agents-artifacts";

/** The sourced preflights, in the order of the contract. */
export const sourcedStages = [
  "settings-preflight",
  "run-preflight",
  "environment-preflight",
] as const;

/** What `container/start.sh` is told; it has no other input than its files. */
export interface StartOptions {
  /** Names of the sourced preflights, in order; each is `<name>.sh` in the task folder. */
  readonly stages: readonly string[];
  readonly hasPrompt: boolean;
  readonly desktop: "none" | "required" | "optional";
  readonly run: "agent" | "command";
  /** Printed on a line of its own right before the agent begins; empty for none. */
  readonly mark: string;
  /** Variables that name the file with further certificates, unless they name another; none without that file. */
  readonly certificates: readonly string[];
  /** Where the agent keeps its sessions, below the home folder. */
  readonly sessions: string;
  /** The action has another way to bring the files in, should the container's user not be able to write them. */
  readonly hasOtherWay: boolean;
}

/** The text of `options.sh`. Nothing of the user's stands in it, only names of ours. */
export function startOptions(options: StartOptions): string {
  return [
    `ar_stages=(${options.stages.join(" ")})`,
    `ar_stdin=${options.hasPrompt ? `${taskFolder}/prompt` : "/dev/null"}`,
    `ar_desktop=${options.desktop}`,
    `ar_run=${options.run}`,
    `ar_mark=${options.mark}`,
    `ar_certificates=(${options.certificates.join(" ")})`,
    `ar_sessions=${options.sessions}`,
    `ar_other_way=${options.hasOtherWay}`,
    "",
  ].join("\n");
}
