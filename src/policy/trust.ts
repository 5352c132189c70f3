import { z } from "zod";

/** Whether the event that started the job may change what others use. */
export interface Trust {
  readonly trusted: boolean;
  /** In words that fit behind "because": for the notice. */
  readonly why: string;
}

/** Events that only people with write access cause, or that run code which is already merged. */
const trustedEvents = new Set(["push", "schedule", "workflow_dispatch", "release", "merge_group"]);

/** The part of a pull request's payload that says whose code it is. */
const pullRequest = z.object({
  pull_request: z.object({
    head: z.object({ repo: z.object({ id: z.number() }).nullable() }),
    base: z.object({ repo: z.object({ id: z.number() }) }),
  }),
});

/**
 * Decides over an event's name and payload. Whatever is not known to be safe is not trusted:
 * `pull_request_target`, `issue_comment`, `workflow_run` and `issues` run with the repository's
 * rights on a stranger's word.
 */
export function trustOf(event: string, payload: unknown): Trust {
  if (trustedEvents.has(event)) {
    return { trusted: true, why: `\`${event}\` is a trusted event` };
  }
  if (event !== "pull_request") {
    return { trusted: false, why: `\`${event}\` can be caused by people who may not write` };
  }
  const read = pullRequest.safeParse(payload);
  if (!read.success) {
    return { trusted: false, why: "the event's payload does not say whose pull request it is" };
  }
  const { head, base } = read.data.pull_request;
  return head.repo?.id === base.repo.id
    ? { trusted: true, why: "the pull request is from this repository" }
    : { trusted: false, why: "the pull request is from a fork" };
}
