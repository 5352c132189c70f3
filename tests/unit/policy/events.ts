import {
  fromDeletedFork,
  fromFork,
  payloadOf,
  payloadsOf,
  pullRequest,
} from "../github/payloads.ts";

/** Events as they are sent, with what is expected of them. */
export interface EventCase {
  readonly name: string;
  readonly payload: unknown;
  readonly trusted: boolean;
}

const trusted = ["push", "workflow_dispatch", "release", "merge_group"];
const anybodys = [
  "issue_comment",
  "issues",
  "workflow_run",
  "pull_request_review",
  "pull_request_review_comment",
  "discussion",
  "discussion_comment",
  "repository_dispatch",
  "fork",
  "watch",
  "deployment_status",
];

export const eventCases: readonly EventCase[] = [
  ...trusted.map((name) => ({ name, payload: payloadsOf(name)[0], trusted: true })),
  { name: "schedule", payload: { schedule: "15 4 * * 1" }, trusted: true },
  { name: "pull_request", payload: pullRequest(), trusted: true },
  { name: "pull_request", payload: fromFork(), trusted: false },
  { name: "pull_request", payload: fromDeletedFork(), trusted: false },
  { name: "pull_request", payload: undefined, trusted: false },
  { name: "pull_request_target", payload: pullRequest(), trusted: false },
  { name: "pull_request_target", payload: fromFork(), trusted: false },
  ...anybodys.map((name) => ({ name, payload: payloadOf(name), trusted: false })),
  { name: "an_event_of_tomorrow", payload: {}, trusted: false },
  { name: "", payload: {}, trusted: false },
  { name: "__proto__", payload: {}, trusted: false },
  { name: "pull_request, own", payload: {}, trusted: false },
];
