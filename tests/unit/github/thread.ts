/** A pull request (7) and an issue (8) with their comments, on the stand-in of GitHub's API. */
import { commentRoutes, newWriting, type Writing } from "../../harness/github/comments.ts";
import { type GitHubServer, gitHubOfTest } from "../../harness/github/server.ts";
import {
  type IssueComment,
  newThread,
  type ReviewComment,
  type Thread,
} from "../../harness/github/state.ts";

export interface ThreadOfTest extends GitHubServer {
  readonly thread: Thread;
  readonly writing: Writing;
  /** Adds a comment: at the pull request, of the token's account, and now, unless it is said. */
  comment(more: Partial<IssueComment> & { id: number }): IssueComment;
  reviewComment(more: Partial<ReviewComment> & { id: number }): ReviewComment;
}

export async function threadOfTest(more: Partial<Writing> = {}): Promise<ThreadOfTest> {
  const thread = newThread();
  const writing = newWriting(more);
  const at = "2026-11-28T12:00:00Z";
  const user = { login: "octocat", type: "User" } as const;
  const about = { body: "", user, created_at: at, updated_at: at, state: "open" as const };
  const repo = { id: 1, full_name: "Octo-Org/Demo" };
  for (const number of [7, 8]) {
    thread.issues.set(number, { ...about, title: `Number ${number}`, labels: [] });
  }
  const base = { ref: "main", sha: "b".repeat(40), repo };
  thread.pulls.set(7, { head: { ref: "topic", sha: "a".repeat(40), repo }, base });
  let url = "";
  const server = await gitHubOfTest(commentRoutes(thread, writing, () => url));
  url = server.url;
  const time = () => new Date(writing.now()).toISOString();
  const written = () => ({
    ...{ body: "", user: writing.self, created_at: time(), updated_at: time() },
    author_association: "NONE",
  });
  return Object.assign(server, {
    thread,
    writing,
    comment(more: Partial<IssueComment> & { id: number }) {
      const comment = { ...written(), issue: 7, ...more };
      thread.comments.push(comment);
      return comment;
    },
    reviewComment(more: Partial<ReviewComment> & { id: number }) {
      const comment = { ...written(), pull: 7, path: "a.ts", line: 1, ...more };
      thread.reviewComments.push(comment);
      return comment;
    },
  });
}
