/**
 * What the stand-in of GitHub's API does with comments: they are listed, written, edited, and answered in their thread.
 * https://docs.github.com/en/rest/issues/comments and https://docs.github.com/en/rest/pulls/comments
 */
import { type Call, page, type Reply, type Routes } from "./server.ts";
import type { IssueComment, Person, ReviewComment, Thread } from "./state.ts";

export interface Writing {
  /** Who the token writes as. */
  readonly self: Person;
  /** `status` of the workflow's runs, by id; others are unknown. */
  readonly runs: Map<string, string>;
  /** The server's time, in milliseconds since 1970. */
  now(): number;
}

export const jobsBot: Person = { login: "github-actions[bot]", type: "Bot" };

export function newWriting(more: Partial<Writing> = {}): Writing {
  return { self: jobsBot, runs: new Map(), now: Date.now, ...more };
}

const repo = "/repos/:owner/:repo";
const notFound: Reply = { status: 404, body: { message: "Not Found" } };
const pages = "https://github.com";

/** @param url the server's own, for the links between pages */
export function commentRoutes(thread: Thread, writing: Writing, url: () => string): Routes {
  const { comments, reviewComments } = thread;
  const time = () => new Date(writing.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const nextId = () => Math.max(1000, ...[...comments, ...reviewComments].map(({ id }) => id)) + 1;
  const written = (body: string) => {
    const at = time();
    const user = writing.self;
    return { id: nextId(), body, user, created_at: at, updated_at: at, author_association: "NONE" };
  };
  const list = (call: Call, all: readonly (IssueComment | ReviewComment)[]) => {
    const since = Date.parse(call.query.get("since") ?? "1970-01-01T00:00:00Z");
    const some = all.filter(({ updated_at }) => Date.parse(updated_at) >= since);
    return page(
      call,
      url(),
      some.map((one) => shown(call, one)),
    );
  };
  const edit = (call: Call, found: { body: string; updated_at: string } | undefined): Reply => {
    const body = bodyOf(call);
    if (found === undefined || body === undefined) return found ? tooLong : notFound;
    found.body = body;
    found.updated_at = time();
    return { body: shown(call, found as IssueComment | ReviewComment) };
  };
  return {
    [`GET ${repo}/issues/:number/comments`]: (call) =>
      list(
        call,
        comments.filter(({ issue }) => issue === Number(call.params.number)),
      ),
    [`GET ${repo}/issues/comments`]: (call) => list(call, comments),
    [`POST ${repo}/issues/:number/comments`](call) {
      const issue = Number(call.params.number);
      const body = bodyOf(call);
      if (!thread.issues.has(issue)) return notFound;
      if (body === undefined) return tooLong;
      const comment = { ...written(body), issue };
      comments.push(comment);
      return { status: 201, body: shown(call, comment) };
    },
    [`PATCH ${repo}/issues/comments/:id`]: (call) =>
      edit(
        call,
        comments.find(({ id }) => id === Number(call.params.id)),
      ),
    [`GET ${repo}/pulls/:number/comments`]: (call) =>
      thread.pulls.has(Number(call.params.number))
        ? list(
            call,
            reviewComments.filter(({ pull }) => pull === Number(call.params.number)),
          )
        : notFound,
    [`GET ${repo}/pulls/comments`]: (call) => list(call, reviewComments),
    [`GET ${repo}/pulls/comments/:id`](call) {
      const found = reviewComments.find(({ id }) => id === Number(call.params.id));
      return found === undefined ? notFound : { body: shown(call, found) };
    },
    [`POST ${repo}/pulls/:number/comments/:id/replies`](call) {
      const to = reviewComments.find(({ id }) => id === Number(call.params.id));
      const body = bodyOf(call);
      if (to === undefined || to.pull !== Number(call.params.number)) return notFound;
      // "replies to replies are not supported"
      if (body === undefined || to.in_reply_to_id !== undefined) return tooLong;
      const { pull, path, line } = to;
      const comment = { ...written(body), pull, path, line, in_reply_to_id: to.id };
      reviewComments.push(comment);
      return { status: 201, body: shown(call, comment) };
    },
    [`PATCH ${repo}/pulls/comments/:id`]: (call) =>
      edit(
        call,
        reviewComments.find(({ id }) => id === Number(call.params.id)),
      ),
    [`GET ${repo}/actions/runs/:id`](call) {
      const { id = "" } = call.params;
      const status = writing.runs.get(id);
      return status === undefined ? notFound : { body: { id: Number(id), status } };
    },
    "POST /graphql": (call) =>
      Object.keys(call.body as object).join() === "query" &&
      /^\s*\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test((call.body as { query: string }).query)
        ? { body: { data: { viewer: { login: writing.self.login } } } }
        : { body: { errors: [{ message: "the stand-in knows the viewer alone" }] } },
  };
}

const tooLong: Reply = {
  status: 422,
  body: {
    message: "Validation Failed",
    errors: [{ code: "custom", field: "body", message: "body is too long or blank" }],
  },
};

function bodyOf({ body }: Call): string | undefined {
  const { body: text } = (body ?? {}) as { body?: unknown };
  return typeof text === "string" && text.trim() !== "" && [...text].length <= 65_536
    ? text
    : undefined;
}

function shown({ params }: Call, comment: IssueComment | ReviewComment): object {
  const name = `${params.owner}/${params.repo}`;
  if ("issue" in comment) {
    const { issue, ...rest } = comment;
    return {
      ...rest,
      html_url: `${pages}/${name}/issues/${issue}#issuecomment-${comment.id}`,
      issue_url: `https://api.github.com/repos/${name}/issues/${issue}`,
    };
  }
  const { pull, ...rest } = comment;
  return {
    ...rest,
    html_url: `${pages}/${name}/pull/${pull}#discussion_r${comment.id}`,
    pull_request_url: `https://api.github.com/repos/${name}/pulls/${pull}`,
  };
}
