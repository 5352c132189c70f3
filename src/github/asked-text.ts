import { z } from "zod";
import { checked, permissionHint } from "./checked.ts";
import type { Api } from "./client.ts";

/** A question, as far as its text can be read again. */
export interface AskedText {
  readonly asked: { readonly kind: string; readonly id?: number };
  /** Of the issue or pull request. */
  readonly number: number;
  readonly isPullRequest: boolean;
  /** What stood there when it was asked; undefined where that is not known. */
  readonly text: string | undefined;
  /** The title that belongs to it; undefined where it may be another one by now. */
  readonly title?: string | undefined;
}

const textSchema = z.object({ body: z.string().nullish(), title: z.string().nullish() });

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
    const { body, title } = read.value;
    const isSame = asked.title === undefined || asked.title === title;
    return isSame && lines(body ?? "") === lines(asked.text) ? undefined : editedText(asked);
  }
  // 410 is what GitHub says of a deleted issue
  return read.status === 404 || read.status === 410
    ? `the question is not there any more: ${read.why}. Ask again in a new comment${orPermission(place.permission)}`
    : `the question cannot be read again, to see whether it was edited: ${read.why}${permissionHint(read, place.permission)}. Ask again in a new comment`;
}

function editedText({ asked: { kind } }: AskedText): string {
  switch (kind) {
    case "label":
      return "the title or the description was edited after the label was set; read it, and set the label again";
    case "assignment":
      return "the title or the description was edited after the assignment; read it, and assign again";
    default:
      return "the question was edited after it was asked; ask again in a new comment";
  }
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
function placeOf({ asked: { kind, id = 0 }, number, isPullRequest }: AskedText): Place | undefined {
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
    case "pull-request":
    case "label":
    case "assignment":
      return isPullRequest
        ? { path: "/pulls/{pull_number}", ids: { pull_number: number }, permission: onPull }
        : {
            path: "/issues/{issue_number}",
            ids: { issue_number: number },
            permission: "issues: read",
          };
    default:
      return undefined;
  }
}

function lines(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
