/** A folder that is mounted over the repository's own, so that the task has one to write and ours stays. */
export interface GitMount {
  readonly source: string;
  /** Below the container's workspace. */
  readonly at: string;
  /** It is the repository's own after all, and cannot be written. */
  readonly readonly: boolean;
  /** The repository's own folder, from which the other one borrows its objects. */
  readonly borrowed: string | undefined;
}

/** Where the container sees the repository's own folder. */
export const borrowedFolder = "/run/agent-runner-git";

/** What is mounted over a folder of the workspace, for who gives the workspace away and back. */
export interface Over {
  readonly folder: string;
  /** Below the workspace. */
  readonly at: string;
  readonly readonly: boolean;
}
