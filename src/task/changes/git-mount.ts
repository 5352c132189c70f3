/** A folder that is mounted over the repository's own, so that the task has one to write and ours stays. */
export interface GitMount {
  readonly source: string;
  /** Below the container's workspace. */
  readonly at: string;
  /** It is the repository's own after all, and cannot be written. */
  readonly readonly: boolean;
  /** The repository's own folder, from which the other one borrows its objects. */
  readonly borrowed: string | undefined;
  /**
   * The file that is mounted over the workspace's own `.git`, which leads out of it: there is no folder in the workspace
   * that the copy could be mounted over.
   */
  readonly pointer?: string | undefined;
}

/** Where the container sees the repository's own folder. */
export const borrowedFolder = "/run/agent-runner-git";

/** Where the container sees the copy of a repository's folder that lies out of the workspace. */
export const outsideFolder = "/run/agent-runner-gitdir";

/** What is mounted over a folder of the workspace, for who gives the workspace away and back. */
export interface Over {
  readonly folder: string;
  /** Below the workspace. */
  readonly at: string;
  readonly readonly: boolean;
  /** It is mounted elsewhere, and nothing in the workspace is hidden by it but a file. */
  readonly outside?: boolean | undefined;
}
