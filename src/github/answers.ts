import { z } from "zod";
import { type Api, refusalOf } from "./client.ts";

/** Where something was asked, as far as its answer depends on it. */
export interface AskedAt {
  readonly asked: { readonly kind: string; readonly id?: number };
  /** Of the issue or pull request. */
  readonly number: number;
}

/** A comment of its own, or one in the thread of a review comment: GitHub numbers both apart. */
export type AnswerKind = "comment" | "reply";

/** An answer that was given. */
export interface Answer {
  readonly kind: AnswerKind;
  readonly id: number;
}

/** An answer as GitHub has taken it. */
export interface GivenAnswer extends Answer {
  /** Milliseconds since 1970, by GitHub's clock; in whole seconds. */
  readonly createdAt: number;
}

const createdSchema = z.object({ id: z.number().int().positive(), created_at: z.iso.datetime() });
const reviewCommentSchema = z.object({ in_reply_to_id: z.number().int().positive().nullish() });

/**
 * Answers where it was asked: in the thread of a review comment, else by a comment on the issue or pull request. A
 * thread that is gone is answered by such a comment, too.
 *
 * @param body the text, which depends on where it stands
 * @throws the package's error
 */
export async function replyTo(
  api: Api,
  { asked, number }: AskedAt,
  body: (kind: AnswerKind) => string,
): Promise<GivenAnswer> {
  if (asked.kind === "review-comment" && asked.id !== undefined) {
    try {
      const thread = await threadOf(api, asked.id);
      const { data } = await api.call(
        "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
        { pull_number: number, comment_id: thread, body: body("reply") },
      );
      return given("reply", data);
    } catch (error) {
      const { status } = refusalOf(error);
      if (status !== 404 && status !== 422) {
        throw error;
      }
    }
  }
  const { data } = await api.call("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
    issue_number: number,
    body: body("comment"),
  });
  return given("comment", data);
}

/** The comment that a thread began with: GitHub takes replies to no other. */
async function threadOf(api: Api, id: number): Promise<number> {
  const { data } = await api.call("GET /repos/{owner}/{repo}/pulls/comments/{comment_id}", {
    comment_id: id,
  });
  return reviewCommentSchema.parse(data).in_reply_to_id ?? id;
}

function given(kind: AnswerKind, data: unknown): GivenAnswer {
  const { id, created_at } = createdSchema.parse(data);
  return { kind, id, createdAt: Date.parse(created_at) };
}

/**
 * Gives an answer another text.
 *
 * @throws the package's error
 */
export async function editAnswer(api: Api, { kind, id }: Answer, body: string): Promise<void> {
  const of = kind === "reply" ? "pulls" : "issues";
  await api.call(`PATCH /repos/{owner}/{repo}/${of}/comments/{comment_id}`, {
    comment_id: id,
    body,
  });
}

const viewerSchema = z.object({
  data: z.object({ viewer: z.object({ login: z.string().min(1) }) }),
});

/**
 * Who the token writes as: its user, or its app's bot. REST tells it to users alone.
 *
 * @param graphqlUrl the runner's `GITHUB_GRAPHQL_URL`
 * @throws the package's error
 */
export async function ownLogin(api: Api, graphqlUrl: string | undefined): Promise<string> {
  const { data } = await api.call(`POST ${graphqlUrl || "/graphql"}`, {
    query: "{ viewer { login } }",
    // no words of a repository's: the client adds them to what is sent
    ...{ owner: undefined, repo: undefined },
  });
  return viewerSchema.parse(data).data.viewer.login;
}
