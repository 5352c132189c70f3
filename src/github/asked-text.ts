import { z } from "zod";
import { checked, permissionHint } from "./checked.ts";
import type { Api } from "./client.ts";

/** A question, as far as its text can be read again. */
export interface AskedText {
  readonly asked: { readonly kind: string; readonly id?: number };
  /** Of the issue or pull request. */
  readonly number: number;
  /** What stood there when it was asked; undefined where nothing was written, as with a label. */
  readonly text: string | undefined;
}

const textSchema = z.object({ body: z.string().nullish() });

/**
 * Why a question is not answered, in a sentence: what stands there now is not what was asked, is gone, or cannot be
 * read. Undefined where it stands as it was.
 */
export async function whyNotAsAsked(api: Api, asked: AskedText): Promise<string | undefined> {
  if (asked.text === undefined) {
    return undefined;
  }
  const place = placeOf(asked);
  if (place === undefined) {
    return "it is not known where the question could be read again; ask again in a new comment";
  }
  const read = await checked(api, textSchema, `GET /repos/{owner}/{repo}${place.path}`, place.ids);
  if ("value" in read) {
    return lines(read.value.body ?? "") === lines(asked.text)
      ? undefined
      : "the question was edited after it was asked; ask again in a new comment";
  }
  // 410 is what GitHub says of a deleted issue
  return read.status === 404 || read.status === 410
    ? `the question is not there any more: ${read.why}. Ask again in a new comment${orPermission(place.permission)}`
    : `the question cannot be read again, to see whether it was edited: ${read.why}${permissionHint(read, place.permission)}. Ask again in a new comment`;
}

/** Both are told as 404. */
function orPermission(permission: string): string {
  return `; if it is there, the token may not see it and needs \`${permission}\``;
}

interface Place {
  readonly path: string;
  readonly ids: Readonly<Record<string, number>>;
  readonly permission: string;
}

/** Where a question's text is read; undefined for one that has no text of its own. */
function placeOf({ asked: { kind, id = 0 }, number }: AskedText): Place | undefined {
  const onPull = "pull-requests: read";
  switch (kind) {
    case "issue-comment":
      return {
        path: "/issues/comments/{comment_id}",
        ids: { comment_id: id },
        permission: "issues: read",
      };
    case "review-comment":
      return {
        path: "/pulls/comments/{comment_id}",
        ids: { comment_id: id },
        permission: onPull,
      };
    case "review":
      return {
        path: "/pulls/{pull_number}/reviews/{review_id}",
        ids: { pull_number: number, review_id: id },
        permission: onPull,
      };
    case "issue":
      return {
        path: "/issues/{issue_number}",
        ids: { issue_number: number },
        permission: "issues: read",
      };
    case "pull-request":
      return { path: "/pulls/{pull_number}", ids: { pull_number: number }, permission: onPull };
    default:
      return undefined;
  }
}

function lines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
