import type { GitHub } from "./api.ts";
import type { GitHubEvent } from "./event.ts";

/** Marks our comment, so that it is found again. */
export function marker(key: string): string {
  return `<!-- agent-runner: ${key.replace(/[^A-Za-z0-9_.-]/g, "_")} -->`;
}

/** The pull request an event is about, or undefined. Untrusted: the number is checked to be one. */
export function pullRequestNumber({ payload }: GitHubEvent): number | undefined {
  const event = payload as
    | {
        pull_request?: { number?: unknown };
        issue?: { number?: unknown; pull_request?: unknown };
        /** None of a fork's: GitHub lists those of the repository's own branches. */
        workflow_run?: { pull_requests?: ArrayLike<{ number?: unknown } | null> | null };
      }
    | null
    | undefined;
  const number =
    event?.pull_request?.number ??
    (event?.issue?.pull_request ? event.issue.number : undefined) ??
    event?.workflow_run?.pull_requests?.[0]?.number;
  return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : undefined;
}

/**
 * The comment that started the job, by its id: who asks twice is answered twice. Undefined for another event, and where
 * the payload has none: it is untrusted.
 */
export function askingComment({ name, payload }: GitHubEvent): string | undefined {
  const id = (payload as { comment?: { id?: unknown } } | null | undefined)?.comment?.id;
  return /^(?:issue|commit|pull_request_review)_comment$/.test(name) && Number.isSafeInteger(id)
    ? String(id)
    : undefined;
}

/** Creates the one comment with this key on a pull request, or updates it. */
export async function keepComment(
  github: GitHub,
  pullRequest: number,
  key: string,
  body: string,
): Promise<void> {
  const mark = marker(key);
  const text = `${mark}\n${body}`;
  const existing = await github.findComment(pullRequest, mark);
  if (existing === undefined) {
    await github.createComment(pullRequest, text);
  } else {
    await github.updateComment(existing, text);
  }
}
