import { z } from "zod";
import type { GitHubEvent } from "../github/event.ts";

/** Whether the event that started the job may change what others use. */
export interface Trust {
  readonly trusted: boolean;
  /** In words that fit behind "because": for the notice. */
  readonly why: string;
}

/** Where the environment file and the files it names are read. */
export type ConfigFrom = "checkout" | "default-branch";

interface Row {
  readonly trusted: boolean;
  readonly configFrom: ConfigFrom;
  /** `%` is the event's name. */
  readonly why: string;
}

const ours: Row = { trusted: true, configFrom: "checkout", why: "`%` is a trusted event" };

/** A checkout under such an event may be a stranger's code, and the one who started it a stranger. */
const anybodys: Row = {
  trusted: false,
  configFrom: "default-branch",
  why: "`%` can be caused by people who may not write",
};

/**
 * What is known of events, one a row. Trusted are those that only people with write access cause, or that run code
 * which is already merged. Whatever stands in no row is anybody's.
 */
const events: ReadonlyMap<string, Row> = new Map([
  ["push", ours],
  ["schedule", ours],
  ["workflow_dispatch", ours],
  ["release", ours],
  ["merge_group", ours],
  ["pull_request_target", anybodys],
  ["pull_request_review", anybodys],
  ["pull_request_review_comment", anybodys],
  ["issue_comment", anybodys],
  ["issues", anybodys],
  ["discussion", anybodys],
  ["discussion_comment", anybodys],
  ["workflow_run", anybodys],
  ["repository_dispatch", anybodys],
  ["fork", anybodys],
  ["watch", anybodys],
]);

/** `pull_request`, by whose code it is. */
const pullRequests = {
  own: { ...ours, why: "the pull request is from this repository" },
  fork: { ...anybodys, why: "the pull request is from a fork" },
  unknown: { ...anybodys, why: "the event's payload does not say whose pull request it is" },
} satisfies Record<string, Row>;

/** The part of a pull request's payload that says whose code it is. */
const pullRequest = z.object({
  pull_request: z.object({
    head: z.object({ repo: z.object({ id: z.number() }).nullable() }),
    base: z.object({ repo: z.object({ id: z.number() }) }),
  }),
});

function rowOf(event: string, payload: unknown): Row {
  return event === "pull_request"
    ? pullRequests[whoseIs(payload)]
    : (events.get(event) ?? anybodys);
}

function whoseIs(payload: unknown): keyof typeof pullRequests {
  const { data } = pullRequest.safeParse(payload);
  if (data === undefined) {
    return "unknown";
  }
  const { head, base } = data.pull_request;
  return head.repo?.id === base.repo.id ? "own" : "fork";
}

/**
 * Decides over an event's name and payload. Whatever is not known to be safe is not trusted:
 * `pull_request_target`, `issue_comment`, `workflow_run` and `issues` run with the repository's
 * rights on a stranger's word.
 */
export function trustOf(event: string, payload: unknown): Trust {
  const { trusted, why } = rowOf(event, payload);
  return { trusted, why: why.replace("%", () => event) };
}

/** The same, with what was found out about the event's head. */
export function trustIn({ name, payload, doubt }: GitHubEvent): Trust {
  return doubt === undefined ? trustOf(name, payload) : { trusted: false, why: doubt };
}

/** Where an event's configuration is read, unless the workflow says it. */
export function configFromOf({ name, payload, doubt }: GitHubEvent): ConfigFrom {
  return doubt === undefined ? rowOf(name, payload).configFrom : "default-branch";
}
