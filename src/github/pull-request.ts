import { z } from "zod";
import { authorSchema, checked, permissionHint, shaSchema, timeSchema } from "./checked.ts";
import type { Api } from "./client.ts";
import { pinnedHead } from "./pinned-head.ts";
import { pushesSince } from "./pushes.ts";

/** What is known of the pull request that somebody asks about, as it was at that moment. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Empty where there is none. */
  readonly body: string;
  readonly author: string;
  /** As it is now. */
  readonly state: "open" | "closed" | "merged";
  /** What is worked on: where the branch was when it was asked for. */
  readonly head: {
    readonly sha: string;
    /** The branch's name. */
    readonly ref: string;
    /** `owner/name` of the repository it is in; undefined where that is gone. */
    readonly repository: string | undefined;
  };
  readonly base: { readonly ref: string; readonly sha: string };
  /** The head is not in this repository. */
  readonly isFork: boolean;
  /** Where the branch is now, if it has moved on since. */
  readonly movedTo: string | undefined;
}

/** The moment of a question, and the head where the event names it. */
export interface AskedThen {
  readonly at: string;
  readonly head: string | undefined;
}

/** What git takes as a branch's name, and no command line as an option. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: git has none in a name
const refSchema = z.string().regex(/^(?![-/.])[^\u0000- \u007F~^:?*[\\]{1,255}$/);

const repositorySchema = z.object({
  id: z.number().int(),
  full_name: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
  pushed_at: timeSchema.nullish(),
});

const pullSchema = z.object({
  number: z.number().int(),
  title: z.string(),
  body: z.string().nullish(),
  user: authorSchema,
  state: z.enum(["open", "closed"]),
  merged_at: timeSchema.nullish(),
  closed_at: timeSchema.nullish(),
  updated_at: timeSchema,
  head: z.object({ ref: refSchema, sha: shaSchema, repo: repositorySchema.nullish() }),
  base: z.object({ ref: refSchema, sha: shaSchema, repo: repositorySchema }),
});

type Pull = z.output<typeof pullSchema>;

/** Reads a pull request, with the head that was asked about; or says why it is not worked on: a sentence without its full
 * stop. */
export async function readPullRequest(
  api: Api,
  number: number,
  asked: AskedThen,
): Promise<PullRequest | string> {
  const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
  const read = await checked(api, pullSchema, route, { pull_number: number });
  if (!("value" in read)) {
    const isTrouble = read.status === undefined || read.status >= 500;
    const help = isTrouble ? ". Try again later" : permissionHint(read, "pull-requests: read");
    return `pull request #${number} cannot be read: ${read.why}${help}`;
  }
  const pull = read.value;
  if (pull.number !== number) {
    return `pull request #${number} cannot be read: GitHub answered with another one`;
  }
  const head = await headOf(api, pull, asked);
  if ("why" in head) {
    return `it cannot be told which commit of pull request #${number} was asked about: ${head.why}. Ask again in a new comment`;
  }
  const { id, full_name } = pull.head.repo ?? {};
  return {
    number,
    title: pull.title,
    body: pull.body ?? "",
    author: pull.user,
    state: pull.merged_at ? "merged" : pull.state,
    head: { sha: head.sha, ref: pull.head.ref, repository: full_name },
    base: { ref: pull.base.ref, sha: pull.base.sha },
    isFork: id !== pull.base.repo.id,
    movedTo: head.sha === pull.head.sha ? undefined : pull.head.sha,
  };
}

async function headOf(
  api: Api,
  pull: Pull,
  { at, head: named }: AskedThen,
): Promise<{ sha: string } | { why: string }> {
  if (named !== undefined) {
    return shaSchema.safeParse(named).success
      ? { sha: named }
      : { why: "the event names a head that is no commit" };
  }
  if (!timeSchema.safeParse(at).success) {
    return { why: "the event does not say when it was" };
  }
  const { head, updated_at: updatedAt } = pull;
  const pushes =
    head.repo == null
      ? "the branch's repository is gone"
      : await pushesSince(api, head.repo.full_name, head.ref, at);
  return pinnedHead({
    at,
    now: head.sha,
    closedAt: pull.closed_at ?? undefined,
    updatedAt,
    pushedAt: head.repo?.pushed_at ?? undefined,
    pushes,
  });
}
