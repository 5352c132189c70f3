import { z } from "zod";
import type { GitHubEvent } from "../github/event.ts";
import type { PullRequest } from "../github/pull-request.ts";
import type { Ask } from "./ask.ts";

// What becomes of a task's changes, and on which branch. Pure.

export interface HandsFacts {
  readonly changes: "none" | "patch" | "commit" | "pull-request";
  /** How the run ended. */
  readonly conclusion: string;
  readonly event: GitHubEvent | undefined;
  readonly ask: Pick<Ask, "isPullRequest"> | undefined;
  /** As it was when somebody asked. */
  readonly pull: Pick<PullRequest, "head" | "base" | "isFork" | "movedTo" | "state"> | undefined;
  /** What is checked out, and what is different; undefined where git cannot tell. */
  readonly tree:
    | { readonly commit: string; readonly entries: readonly { readonly path: string }[] }
    | undefined;
  /** Why there is no tree, where that is known. */
  readonly noTree?: string | undefined;
  /** How many files have changed, in the tree or not. */
  readonly files: number;
  readonly allowWorkflowChanges: boolean;
  /** The step's own `GITHUB_REF` and `GITHUB_SHA`. */
  readonly ref: string | undefined;
  readonly sha: string | undefined;
  readonly defaultBranch: string | undefined;
}

/** What is done; where it is less than was asked for, a sentence without its full stop says why. */
export type Hands =
  | { readonly kind: "none" }
  | { readonly kind: "patch"; readonly why?: string }
  /** On the branch itself. */
  | { readonly kind: "commit"; readonly branch: string }
  /** On a branch of its own, with a pull request to `base`. */
  | { readonly kind: "pull-request"; readonly base: string };

export function handsFor(facts: HandsFacts): Hands {
  const { changes, conclusion, files, tree } = facts;
  if (changes === "none" || files === 0) {
    return { kind: "none" };
  }
  if (changes === "patch") {
    return { kind: "patch" };
  }
  if (conclusion !== "success") {
    return patch(`the run ended with \`${conclusion}\`, and half a work is not committed`);
  }
  const place = placeOf(facts);
  if ("why" in place) {
    return patch(place.why);
  }
  if (place.isIssue && changes === "commit") {
    return patch("an issue has no branch to commit on; use `changes: pull-request`");
  }
  if (tree === undefined) {
    return patch(facts.noTree ?? "they could not be kept as a commit; the log says why");
  }
  if (tree.commit !== place.sha) {
    const how = place.isIssue ? "" : "`checkout: head`, or ";
    return patch(
      `the workspace has the commit ${short(tree.commit)} and not ${short(place.sha)}, which \`${place.branch}\` had; ${how}\`actions/checkout\` with that \`ref\`, brings it`,
    );
  }
  const workflow = tree.entries.find(({ path }) => isWorkflow(path));
  if (workflow !== undefined && !facts.allowWorkflowChanges) {
    return patch(
      "there are files below `.github/workflows` among them; `allow-workflow-changes: true` commits them with a `github-token` that may write workflows, which the job's own may not",
    );
  }
  if (changes === "pull-request") {
    return { kind: "pull-request", base: place.base };
  }
  if (place.branch === facts.defaultBranch) {
    return patch(
      `\`${place.branch}\` is the default branch, which gets no commits that nobody has seen; use \`changes: pull-request\``,
    );
  }
  if (facts.pull?.movedTo !== undefined) {
    return patch(`\`${place.branch}\` has moved on since it was asked; ask again`);
  }
  return { kind: "commit", branch: place.branch };
}

function patch(why: string): Hands {
  return { kind: "patch", why };
}

function short(sha: string): string {
  return sha.slice(0, 12);
}

/**
 * Whether GitHub takes it for a workflow, or it is in the place of their folder. Where case does not count, another
 * spelling is the same folder.
 */
function isWorkflow(path: string): boolean {
  return /^\.github(?:\/workflows(?:\/|$)|$)/i.test(path);
}

/** Where the changes belong: the branch, the commit that it had, and what a pull request goes to. */
interface Place {
  readonly branch: string;
  readonly sha: string;
  readonly base: string;
  readonly isIssue: boolean;
}

const side = z.object({
  ref: z.string(),
  sha: z.string(),
  repo: z.object({ id: z.number() }).nullable(),
});
const ofPullRequest = z.object({ pull_request: z.object({ head: side, base: side }) });
const ofRun = z.object({
  workflow_run: z.object({
    head_branch: z.string(),
    head_sha: z.string(),
    head_repository: z.object({ id: z.number() }).nullable(),
  }),
  repository: z.object({ id: z.number() }),
});

const fork = { why: "the code is a fork's, on which nothing is written" };
const noBranch = { why: "the event belongs to no branch of this repository" };

function placeOf(facts: HandsFacts): Place | { readonly why: string } {
  const { pull, event, ask, ref, sha, defaultBranch } = facts;
  if (pull !== undefined) {
    return pull.isFork
      ? fork
      : pull.state === "open"
        ? { branch: pull.head.ref, sha: pull.head.sha, base: pull.base.ref, isIssue: false }
        : { why: `the pull request is ${pull.state}` };
  }
  if (event === undefined || event.name === "merge_group") {
    return noBranch; // the branch of a queue is GitHub's own
  }
  if (/^pull_request/.test(event.name)) {
    const { data } = ofPullRequest.safeParse(event.payload);
    if (data === undefined) {
      return { why: "the event's payload does not say whose pull request it is" };
    }
    const { head, base } = data.pull_request;
    return head.repo === null || head.repo.id !== base.repo?.id
      ? fork
      : { branch: head.ref, sha: head.sha, base: base.ref, isIssue: false };
  }
  if (event.name === "workflow_run") {
    const { data } = ofRun.safeParse(event.payload);
    const run = data?.workflow_run;
    return run === undefined
      ? { why: "the event's payload does not say on which branch the run was" }
      : run.head_repository?.id !== data?.repository.id
        ? fork
        : { branch: run.head_branch, sha: run.head_sha, base: run.head_branch, isIssue: false };
  }
  const isIssue = ask?.isPullRequest === false || /^(?:issues|issue_comment)$/.test(event.name);
  const branch = /^refs\/heads\/(.+)$/.exec(ref ?? "")?.[1];
  if (branch === undefined || !sha) {
    return noBranch;
  }
  return { branch, sha, base: isIssue ? (defaultBranch ?? branch) : branch, isIssue };
}
