/** What the stand-in of GitHub's API says when it is asked about issues, pull requests and where branches were. */
import { type Call, page, type Reply, type Routes } from "./server.ts";
import type {
  Activity,
  Issue,
  IssueComment,
  RepositoryOf,
  Review,
  ReviewComment,
  Thread,
} from "./state.ts";

const notFound: Reply = { status: 404, body: { message: "Not Found" } };

/** Reading only. Comments are GitHub's in order: an issue's by their id, a pull request's as it is asked for. */
export function pullRoutes(state: Thread): Routes {
  const repo = "/repos/:owner/:repo";
  const numbered = ({ params }: Call) => Number(params.number ?? params.id);
  const found = (body: object | undefined): Reply => (body === undefined ? notFound : { body });
  return {
    [`GET ${repo}/pulls/:number`]: (call) => found(pullJson(state, numbered(call))),
    [`GET ${repo}/issues/:number`]: (call) => found(issueJson(state, numbered(call))),
    [`GET ${repo}/issues/:number/comments`]: (call) =>
      listed(
        call,
        state.issues.has(numbered(call)),
        commentsOf(state, numbered(call)).map((one) => commentJson(call, one)),
      ),
    [`GET ${repo}/issues/comments/:id`]: (call) => {
      const one = state.comments.find(({ id }) => id === numbered(call));
      return found(one && commentJson(call, one));
    },
    [`GET ${repo}/pulls/:number/comments`]: (call) =>
      listed(
        call,
        state.pulls.has(numbered(call)),
        reviewCommentsOf(state, call).map((one) => ofPull(call, one)),
      ),
    [`GET ${repo}/pulls/comments/:id`]: (call) => {
      const one = state.reviewComments.find(({ id }) => id === numbered(call));
      return found(one && ofPull(call, one));
    },
    [`GET ${repo}/pulls/:number/reviews`]: (call) =>
      listed(
        call,
        state.pulls.has(numbered(call)),
        state.reviews.filter(({ pull }) => pull === numbered(call)).map((one) => ofPull(call, one)),
      ),
    [`GET ${repo}/pulls/:number/reviews/:review`]: (call) => {
      const one = state.reviews.find(
        ({ pull, id }) => pull === numbered(call) && id === Number(call.params.review),
      );
      return found(one && ofPull(call, one));
    },
    [`GET ${repo}/activity`]: (call) => activities(state, call),
    [`GET ${repo}/compare/:basehead`]: (call) => comparison(state, call),
  };
}

function listed(call: Call, isKnown: boolean, all: readonly unknown[]): Reply {
  return isKnown ? page(call, origin(call), all) : notFound;
}

function origin({ headers }: Call): string {
  return `http://${headers.host}`;
}

/** Which issue it belongs to is in GitHub's addresses alone. */
function commentJson(call: Call, { issue, ...one }: IssueComment): object {
  const { owner, repo } = call.params;
  return {
    ...one,
    issue_url: `${origin(call)}/repos/${owner}/${repo}/issues/${issue}`,
    html_url: `https://github.com/${owner}/${repo}/issues/${issue}#issuecomment-${one.id}`,
  };
}

function ofPull(call: Call, { pull, ...one }: ReviewComment | Review): object {
  const { owner, repo } = call.params;
  const anchor = "path" in one ? "discussion_r" : "pullrequestreview-";
  return {
    ...one,
    pull_request_url: `${origin(call)}/repos/${owner}/${repo}/pulls/${pull}`,
    html_url: `https://github.com/${owner}/${repo}/pull/${pull}#${anchor}${one.id}`,
  };
}

function issueJson(state: Thread, number: number): object | undefined {
  const issue = state.issues.get(number);
  return (
    issue && {
      ...issue,
      number,
      closed_at: issue.closed_at ?? null,
      comments: commentsOf(state, number).length,
    }
  );
}

function pullJson(state: Thread, number: number): object | undefined {
  const pull = state.pulls.get(number);
  const issue: Issue | undefined = state.issues.get(number);
  if (pull === undefined || issue === undefined) return undefined;
  const { pull_request: _, ...same } = issue;
  const side = (one: { ref: string; sha: string; repo: RepositoryOf | null }) => {
    const owner = one.repo?.full_name.split("/")[0];
    return {
      ...one,
      // of a deleted repository GitHub still has the branch's name
      label: owner === undefined ? one.ref : `${owner}:${one.ref}`,
      repo: one.repo && { ...one.repo, fork: one.repo.id !== pull.base.repo.id },
    };
  };
  return {
    ...same,
    number,
    closed_at: issue.closed_at ?? null,
    merged_at: pull.merged_at ?? null,
    merged: pull.merged_at != null,
    draft: pull.draft ?? false,
    head: side(pull.head),
    base: side(pull.base),
    comments: commentsOf(state, number).length,
    review_comments: state.reviewComments.filter((one) => one.pull === number).length,
  };
}

function commentsOf(state: Thread, number: number) {
  return state.comments.filter(({ issue }) => issue === number).toSorted((a, b) => a.id - b.id);
}

function reviewCommentsOf(state: Thread, { params, query }: Call) {
  const all = state.reviewComments
    .filter(({ pull }) => pull === Number(params.number))
    .toSorted((a, b) => a.id - b.id);
  // without `sort` GitHub pays no heed to the direction
  return query.has("sort") && query.get("direction") === "desc" ? all.toReversed() : all;
}

/** Pages by a cursor, unlike other lists: there is no `page`. */
function activities(state: Thread, call: Call): Reply {
  const { params, query } = call;
  const repository = `${params.owner}/${params.repo}`.toLowerCase();
  const ref = query.get("ref")?.replace(/^(?!refs\/)/, "refs/heads/");
  const fits = (one: Activity) =>
    one.repository.toLowerCase() === repository && (ref === undefined || one.ref === ref);
  const newestFirst = state.activities
    .filter(fits)
    .toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp) || b.id - a.id);
  const all = query.get("direction") === "asc" ? newestFirst.toReversed() : newestFirst;
  const size = Math.min(100, Number(query.get("per_page") ?? 30));
  const start = all.findIndex(({ id }) => `at-${id}` === query.get("after")) + 1;
  const body = all.slice(start, start + size).map(({ repository: _, ...one }) => one);
  const last = body.at(-1);
  const next = new URLSearchParams(query);
  next.set("after", `at-${last?.id}`);
  const link: Record<string, string> =
    start + size < all.length ? { link: `<${origin(call)}${call.path}?${next}>; rel="next"` } : {};
  return { headers: link, body };
}

function comparison(state: Thread, { params, headers }: Call): Reply {
  const known = state.comparisons.get(params.basehead ?? "");
  if (known === undefined) return notFound;
  if (headers.accept !== "application/vnd.github.diff") {
    return { body: { status: "ahead", files: known.files.slice(0, 300) } };
  }
  return known.diff === undefined
    ? {
        status: 406,
        body: {
          message: "Sorry, the diff exceeded the maximum number of lines (20000)",
          errors: [{ resource: "Comparison", field: "diff", code: "too_large" }],
        },
      }
    : {
        headers: { "content-type": "application/vnd.github.diff; charset=utf-8" },
        body: known.diff,
      };
}
