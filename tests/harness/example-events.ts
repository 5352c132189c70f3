/** Events for the examples: payloads that GitHub has sent, changed where a test says what happened. */
import { fromFork, payloadOf, pullRequest } from "../unit/github/payloads.ts";
import type { Happened } from "./example.ts";

const given = {
  token: "ghs_of-the-job",
  secrets: { ANTHROPIC_API_KEY: "sk-ant-of-the-repository" },
};

export { fromFork, given };

interface CommentOptions {
  association?: string;
  at?: "pull request" | "issue";
}

/** Somebody writes a comment. */
export function commented(
  body: string,
  { association = "MEMBER", at = "pull request" }: CommentOptions = {},
): Happened {
  const payload = payloadOf("issue_comment") as {
    issue: Record<string, unknown>;
    comment: Record<string, unknown>;
  };
  Object.assign(payload.comment, { body, author_association: association });
  if (at === "pull request") payload.issue.pull_request = { url: "https://api.github.com/…" };
  return { name: "issue_comment", payload: { ...payload, action: "created" }, ...given };
}

/** Something happens to a pull request. */
export function pulled(
  action: string,
  more: Record<string, unknown> = {},
  of = pullRequest,
): Happened {
  return { name: "pull_request", payload: { ...of(), action, ...more }, ...given };
}

export function labeled(name: string, of = pullRequest): Happened {
  return pulled("labeled", { label: { name } }, of);
}

/** A run of CI for a pull request of the repository's own has ended. */
export function ciEnded(conclusion: string, more: Record<string, unknown> = {}): Happened {
  const payload = payloadOf("workflow_run") as {
    workflow_run: Record<string, unknown>;
    repository: { full_name: string };
  };
  Object.assign(payload.workflow_run, {
    ...{ event: "pull_request", conclusion, pull_requests: [{ number: 7 }] },
    head_repository: { full_name: payload.repository.full_name },
    ...more,
  });
  return { name: "workflow_run", payload: { ...payload, action: "completed" }, ...given };
}

export const nightly: Happened = { name: "schedule", payload: {}, ...given };
export const pushedToMain: Happened = { name: "push", payload: payloadOf("push"), ...given };
