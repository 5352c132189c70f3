import { z } from "zod";
import { shaSchema as sha } from "./checked.ts";
import { pullRequestNumber } from "./comment.ts";
import type { GitHubEvent } from "./event.ts";

const ofPull = z.object({ pull_request: z.object({ head: z.object({ sha }) }) });
/** Of other events' runs it is not the pull request's commit. */
const ofRun = z.object({
  workflow_run: z.object({ event: z.enum(["pull_request", "push"]), head_sha: sha }),
});

/** A pull request as an event has it. */
export interface PullOfEvent {
  readonly number: number;
  /** The commit that the event is about, where it names it. */
  readonly head: string | undefined;
}

/**
 * Which pull request an event is about, without anybody's question; undefined where it is about none. Untrusted: numbers
 * and commits are checked to be such.
 */
export function pullOfEvent(event: GitHubEvent): PullOfEvent | undefined {
  const { name, payload } = event;
  const number = pullRequestNumber(event);
  if (number === undefined) {
    return undefined;
  }
  const head = name.startsWith("pull_request")
    ? ofPull.safeParse(payload).data?.pull_request.head.sha
    : name === "workflow_run"
      ? ofRun.safeParse(payload).data?.workflow_run.head_sha
      : undefined;
  return { number, head };
}
