/** The stand-in's reviews of one pull request: it refuses what GitHub refuses, in GitHub's words. */
import type { Call, Reply, Routes } from "./server.ts";

/** What may be commented on in one hunk: first and last lines. */
export interface HunkOf {
  /** Added and unchanged lines of the new file. */
  readonly right?: readonly [number, number];
  /** Deleted lines of the old file. */
  readonly left?: readonly [number, number];
}

export interface SentComment {
  readonly path: string;
  readonly body: string;
  readonly line?: number;
  readonly side?: string;
  readonly start_line?: number;
  readonly start_side?: string;
}

export interface SentReview {
  readonly body: string;
  readonly commit_id: string;
  readonly event: string;
  readonly comments: readonly SentComment[];
}

export interface ReviewsState {
  readonly number: number;
  /** Commits of the pull request. */
  readonly commits: readonly string[];
  /** Its diff, by path. */
  readonly diff: Readonly<Record<string, readonly HunkOf[]>>;
  /** What was made, in order. */
  readonly made: SentReview[];
}

export function reviewsRoutes(state: ReviewsState): Routes {
  return {
    "POST /repos/:owner/:repo/pulls/:number/reviews": (call: Call): Reply => {
      if (Number(call.params.number) !== state.number) {
        return { status: 404, body: { message: "Not Found" } };
      }
      const sent = call.body as SentReview;
      const errors = [
        ...(state.commits.includes(sent.commit_id)
          ? []
          : ["commit_id is not part of the pull request"]),
        ...(["APPROVE", "REQUEST_CHANGES", "COMMENT"].includes(sent.event)
          ? []
          : ["event is invalid"]),
        ...(sent.body ? [] : ["body can't be blank"]),
        ...[sent, ...sent.comments].flatMap(({ body }) =>
          body.length > 65_536 ? ["body is too long (maximum is 65536 characters)"] : [],
        ),
        ...sent.comments.flatMap((comment) => whatIsWrong(comment, state) ?? []),
      ];
      if (errors.length > 0) {
        return { status: 422, body: { message: "Unprocessable Entity", errors, status: "422" } };
      }
      const id = 80 + state.made.push(sent);
      const page = `https://github.com/${call.params.owner}/${call.params.repo}/pull/${state.number}`;
      const states = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED" } as const;
      return {
        body: {
          ...{ id, body: sent.body, commit_id: sent.commit_id },
          state: states[sent.event as keyof typeof states] ?? "COMMENTED",
          html_url: `${page}#pullrequestreview-${id}`,
        },
      };
    },
  };
}

function whatIsWrong(comment: SentComment, { diff }: ReviewsState): string | undefined {
  const { path, line, side = "RIGHT", start_line: start, start_side = side } = comment;
  const spans = (diff[path] ?? []).flatMap(({ right, left }) => {
    const span = side === "LEFT" ? left : right;
    return span === undefined ? [] : [span];
  });
  const isIn = (number: number | undefined, [first, last]: readonly [number, number]) =>
    number !== undefined && first <= number && number <= last;
  const hunk = spans.find((span) => isIn(line, span));
  if (hunk === undefined) return "Pull request review thread line must be part of the diff";
  if (start === undefined) return undefined;
  if (line === undefined || start >= line)
    return "Pull request review thread start line must precede the end line.";
  return isIn(start, hunk) && start_side === side
    ? undefined
    : "Pull request review thread start line must be part of the same hunk as the line.";
}
