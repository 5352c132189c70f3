/** What the stand-in of GitHub's API knows of one repository's issues and pull requests; the routes are beside it. */

export interface Person {
  readonly login: string;
  readonly type: "User" | "Bot";
}

export interface Issue {
  title: string;
  body: string | null;
  user: Person;
  created_at: string;
  updated_at: string;
  state: "open" | "closed";
  closed_at?: string | null;
  labels: { name: string }[];
  /** Set where it is a pull request, which is an issue, too. */
  pull_request?: { url: string };
}

export interface IssueComment {
  readonly id: number;
  readonly issue: number;
  body: string;
  user: Person | null;
  readonly created_at: string;
  updated_at: string;
  author_association: string;
}

export interface ReviewComment {
  readonly id: number;
  readonly pull: number;
  readonly path: string;
  /** Null where the line is no more in the diff. */
  line: number | null;
  original_line?: number;
  start_line?: number | null;
  side?: "LEFT" | "RIGHT";
  body: string;
  user: Person | null;
  readonly created_at: string;
  updated_at: string;
  author_association: string;
  in_reply_to_id?: number;
  /** The review it was written in. */
  pull_request_review_id?: number;
}

export interface Review {
  readonly id: number;
  readonly pull: number;
  body: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";
  user: Person | null;
  /** None while it is pending. */
  submitted_at?: string;
  commit_id: string;
  author_association: string;
}

export interface RepositoryOf {
  readonly id: number;
  /** `owner/name` */
  readonly full_name: string;
  /** When somebody last pushed to it, whatever the branch. */
  pushed_at?: string | null;
}

export interface Pull {
  /** Of the commit where the branch is now, which a closed one keeps. */
  head: { ref: string; sha: string; repo: RepositoryOf | null };
  base: { ref: string; sha: string; repo: RepositoryOf };
  merged_at?: string | null;
  draft?: boolean;
}

export interface Activity {
  readonly id: number;
  /** `owner/name` of the repository it happened in. */
  readonly repository: string;
  /** `refs/heads/<branch>` */
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  readonly timestamp: string;
  readonly activity_type:
    | "push"
    | "force_push"
    | "branch_creation"
    | "branch_deletion"
    | "pr_merge"
    | "merge_queue_merge";
}

export interface Thread {
  readonly issues: Map<number, Issue>;
  readonly comments: IssueComment[];
  readonly reviewComments: ReviewComment[];
  readonly reviews: Review[];
  /** By number; title, body and the like are the issue's. */
  readonly pulls: Map<number, Pull>;
  /** In any order: they are handed out newest first. */
  readonly activities: Activity[];
  /** What a comparison says, by `base...head`. */
  readonly comparisons: Map<string, Comparison>;
}

export interface Comparison {
  /** As `application/vnd.github.diff`; undefined where it is too large for that. */
  diff: string | undefined;
  files: { filename: string; status: string; additions: number; deletions: number }[];
}

export function newThread(): Thread {
  return {
    issues: new Map(),
    comments: [],
    reviewComments: [],
    reviews: [],
    pulls: new Map(),
    activities: [],
    comparisons: new Map(),
  };
}
