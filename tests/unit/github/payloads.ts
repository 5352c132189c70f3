import { createRequire } from "node:module";

interface Definition {
  name: string;
  examples: Record<string, unknown>[];
}

// Through `require`: as a JSON import the compiler would read four megabytes of types.
const definitions = createRequire(import.meta.url)("@octokit/webhooks-examples") as Definition[];

/** Every payload that GitHub really sent for an event, as the package collected them; at least one. */
export function payloadsOf(event: string): Record<string, unknown>[] {
  const found = definitions.find(({ name }) => name === event)?.examples ?? [];
  if (found.length === 0) throw new Error(`no example of the event ${event}`);
  return structuredClone(found);
}

/** The first of them. */
export function payloadOf(event: string): Record<string, unknown> {
  return payloadsOf(event)[0] as Record<string, unknown>;
}

/** A real pull request; what may be changed of it is whose it is. */
export interface PullRequestPayload extends Record<string, unknown> {
  pull_request: {
    head: { repo: { id: number; fork: boolean; full_name: string } | null; label: string };
    base: { repo: { id: number; full_name: string } };
  };
}

export function pullRequest(): PullRequestPayload {
  return payloadOf("pull_request") as PullRequestPayload;
}

/** The same from somebody else's copy of the repository. */
export function fromFork(): PullRequestPayload {
  const payload = pullRequest();
  const { head } = payload.pull_request;
  head.repo = { ...head.repo, id: 186_853_099, fork: true, full_name: "mallory/Hello-World" };
  head.label = "mallory:changes";
  return payload;
}

/** The same after the copy was deleted: nobody can tell any more whose it was. */
export function fromDeletedFork(): PullRequestPayload {
  const payload = fromFork();
  payload.pull_request.head.repo = null;
  return payload;
}
