import { z } from "zod";
import type { GitHubEvent } from "./event.ts";

const schema = z.object({
  pull_request: z.object({
    number: z.int().positive(),
    head: z.object({ sha: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/) }),
    base: z.object({ sha: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/) }),
  }),
});

/** A pull request as an event has it. */
export interface PullOfEvent {
  readonly number: number;
  readonly head: { readonly sha: string };
  readonly base: { readonly sha: string };
}

/**
 * What a `pull_request` event is about, without anybody's question; undefined for others. Untrusted: numbers and commits
 * are checked to be such.
 */
export function pullOfEvent({ name, payload }: GitHubEvent): PullOfEvent | undefined {
  const isPull = name === "pull_request" || name === "pull_request_target";
  return isPull ? schema.safeParse(payload).data?.pull_request : undefined;
}
