/** What is known of the pull request that somebody asks about, as it was at that moment. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Empty where there is none. */
  readonly body: string;
  readonly author: string;
  /** What is worked on: where the branch was when it was asked for. */
  readonly head: {
    readonly sha: string;
    /** The branch's name. */
    readonly ref: string;
    /** `owner/name` of the repository it is in; undefined where that is gone. */
    readonly repository: string | undefined;
  };
  readonly base: { readonly ref: string; readonly sha: string };
  /** The head is not in this repository. */
  readonly isFork: boolean;
  /** Where the branch is now, if it has moved on since. */
  readonly movedTo: string | undefined;
}
