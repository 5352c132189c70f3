import { z } from "zod";
import { type AnswerMark, readAnswerMark } from "./answer-mark.ts";
import type { AnswerKind, GivenAnswer } from "./answers.ts";
import type { Api } from "./client.ts";

/** An answer that we wrote, in this run or another. */
export interface OwnAnswer extends GivenAnswer, AnswerMark {
  /** Of the issue or pull request. */
  readonly number: number;
  /** Its page; undefined where GitHub names none. */
  readonly url: string | undefined;
}

/** There are more comments than are read: what is not read cannot be counted. */
export class TooManyComments extends Error {}

/** Pages of 100 comments each; a repository with more in a day is flooded. */
const mostPages = 30;

const commentSchema = z.object({
  id: z.number().int().positive(),
  body: z.string().nullish(),
  user: z.object({ login: z.string(), type: z.string().nullish() }).nullish(),
  created_at: z.iso.datetime(),
  html_url: z.string().nullish(),
  issue_url: z.string().nullish(),
  pull_request_url: z.string().nullish(),
});

/** Where comments stand, and since when they are of interest. */
interface Where {
  /** One issue or pull request; undefined for the whole repository. */
  readonly number?: number | undefined;
  /** Without it there are no review comments to be read. */
  readonly isPullRequest?: boolean;
  readonly since?: Date | undefined;
}

/**
 * The answers that were written with this token's account; anybody may write our mark, and only our own comments count.
 *
 * @param login whose comments are ours; it is waited for while the comments are read
 * @throws TooManyComments
 * @throws the package's error
 */
export async function ownAnswers(
  api: Api,
  login: Promise<string>,
  { number, isPullRequest = true, since }: Where,
): Promise<readonly OwnAnswer[]> {
  const repository = "GET /repos/{owner}/{repo}";
  const [comments, replies] =
    number === undefined
      ? [`${repository}/issues/comments`, `${repository}/pulls/comments`]
      : [`${repository}/issues/{number}/comments`, `${repository}/pulls/{number}/comments`];
  const parameters = {
    ...(number !== undefined && { number }),
    ...(since !== undefined && { since: since.toISOString() }),
  };
  const [self, ...found] = await Promise.all([
    login,
    read(api, comments, parameters, "comment"),
    ...(isPullRequest ? [read(api, replies, parameters, "reply")] : []),
  ]);
  return found.flat().flatMap((one) => {
    const mark = readAnswerMark(one.comment.body ?? "");
    const at = number ?? numberOf(one.comment);
    return mark === undefined || at === undefined || !isOurs(one.comment, self)
      ? []
      : [
          {
            ...mark,
            kind: one.kind,
            id: one.comment.id,
            createdAt: Date.parse(one.comment.created_at),
            number: at,
            url: one.comment.html_url ?? undefined,
          },
        ];
  });
}

type Comment = z.output<typeof commentSchema>;

async function read(
  api: Api,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  kind: AnswerKind,
): Promise<{ comment: Comment; kind: AnswerKind }[]> {
  const found: { comment: Comment; kind: AnswerKind }[] = [];
  let pages = 0;
  for await (const page of api.pages(route, parameters)) {
    pages += 1;
    if (pages > mostPages) {
      throw new TooManyComments(`there are more than ${mostPages * 100} comments`);
    }
    found.push(
      ...z
        .array(commentSchema)
        .parse(page)
        .map((comment) => ({ comment, kind })),
    );
  }
  return found;
}

/** A bot's login has `[bot]` at its end, which not every answer of GitHub's has. */
function isOurs({ user }: Comment, self: string): boolean {
  const login = user?.login.toLowerCase();
  const own = self.toLowerCase();
  return login === own || (user?.type === "Bot" && login === `${own}[bot]`);
}

function numberOf({ issue_url, pull_request_url }: Comment): number | undefined {
  const [, number] =
    /\/(?:issues|pulls)\/(\d{1,15})$/.exec(issue_url ?? pull_request_url ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
}

const runSchema = z.object({ status: z.string().nullish() });

/** Whether a run of the workflow has not ended; undefined where the token may not know, or GitHub does not say. */
export async function isGoing(api: Api, run: string): Promise<boolean | undefined> {
  try {
    const { data } = await api.call("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
      run_id: run,
    });
    const { status } = runSchema.parse(data);
    return status == null ? undefined : status !== "completed";
  } catch {
    return undefined;
  }
}
