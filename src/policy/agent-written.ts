import { z } from "zod";
import { shaSchema as sha } from "../github/checked.ts";
import type { GitHubEvent } from "../github/event.ts";

// Whether an agent wrote what an event is about. Whoever pushed it: what an agent was talked into is a stranger's word. Pure.

/** The trailer of every commit that is made here of an agent's changes. */
export const agentTrailer = "Agent-Runner";

/** The branches that are made here begin with it. */
export const agentBranches = "agent/";

/** Why such a head is not trusted: fits behind "because". */
export const agentsWord = "an agent wrote commits of this branch";

/** Whether a commit's message says that an agent wrote it. */
export function isAgentsMessage(message: string): boolean {
  return new RegExp(`^${agentTrailer}: `, "im").test(message);
}

/** A branch that is not merged yet, as an event names it. */
export interface Unmerged {
  /** Its name, without `refs/heads/`. */
  readonly branch: string;
  readonly base: string;
  readonly head: string;
  /** The messages that came with the event. */
  readonly messages: readonly string[];
}

const branch = z.string().min(1);
const repository = z.object({ default_branch: branch });
const commit = z.object({ message: z.string() });

const pullSchema = z.object({
  pull_request: z.object({
    head: z.object({ ref: branch, sha }),
    base: z.object({ ref: branch }),
  }),
});
const pushSchema = z.object({
  ref: z.string(),
  after: sha,
  repository,
  commits: z.array(commit).optional(),
  head_commit: commit.nullish(),
});
const dispatchSchema = z.object({ ref: z.string(), repository });

/**
 * What has to be looked at before an event of this repository's own is trusted; undefined where the code is merged,
 * a release's, or no branch's.
 *
 * @param commit what the job runs on: the runner's `GITHUB_SHA`
 */
export function unmergedOf(
  { name, payload }: GitHubEvent,
  commit: string | undefined,
): Unmerged | undefined {
  if (name === "pull_request") {
    const { data } = pullSchema.safeParse(payload);
    const { head, base } = data?.pull_request ?? {};
    return head && base && { branch: head.ref, base: base.ref, head: head.sha, messages: [] };
  }
  if (name === "push") {
    const { data } = pushSchema.safeParse(payload);
    const messages = [...(data?.commits ?? []), ...(data?.head_commit ? [data.head_commit] : [])];
    return data && besideDefault(data.ref, data.repository.default_branch, data.after, messages);
  }
  if (name === "workflow_dispatch") {
    const { data } = dispatchSchema.safeParse(payload);
    const head = sha.safeParse(commit).data;
    return data === undefined || head === undefined
      ? undefined
      : besideDefault(data.ref, data.repository.default_branch, head, []);
  }
  return undefined;
}

function besideDefault(
  ref: string,
  base: string,
  head: string,
  commits: readonly { readonly message: string }[],
): Unmerged | undefined {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  return branch === undefined || branch === base
    ? undefined
    : { branch, base, head, messages: commits.map(({ message }) => message) };
}

/** Whether the event itself shows that an agent wrote it. */
export function isAgentsBranch({ branch, base, messages }: Unmerged): boolean {
  // what stands on an agent's branch has its commits, too
  return (
    [branch, base].some((one) => one.startsWith(agentBranches)) || messages.some(isAgentsMessage)
  );
}
