import { z } from "zod";
import { authorSchema, timeSchema } from "./checked.ts";
import type { Api } from "./client.ts";

/** Something that was said at an issue or pull request. Untrusted. */
export interface ThreadEntry {
  readonly kind: "comment" | "review" | "review-comment";
  readonly id: number;
  readonly by: string;
  /** What the author is to the repository, in GitHub's word: `OWNER`, `NONE`. */
  readonly association: string;
  readonly createdAt: string;
  /** Undefined for a review: GitHub does not tell when one was edited. */
  readonly updatedAt: string | undefined;
  readonly text: string;
  /** What a review says in one word: `APPROVED`. */
  readonly verdict: string | undefined;
  /** Where in the diff. The line is undefined where the diff has it no more, and where it is about the whole file. */
  readonly place: { readonly path: string; readonly line: number | undefined } | undefined;
  /** The review that it was written in. */
  readonly review: number | undefined;
}

/** Entries of one list, and how many of it are missing, where that is known. */
export interface ThreadPart {
  readonly entries: readonly ThreadEntry[];
  /** A sentence about those that were not read; undefined where all were. */
  readonly unread: string | undefined;
}

/** GitHub has answered with something else than what it documents. */
export class NotUnderstood extends Error {
  constructor() {
    super("GitHub's answer is not understood");
  }
}

const said = {
  id: z.number().int().positive(),
  body: z.string().nullish(),
  user: authorSchema,
  author_association: z
    .string()
    .regex(/^[A-Z_]{1,40}$/)
    .catch("NONE"),
};
const commentSchema = z.object({ ...said, created_at: timeSchema, updated_at: timeSchema });
const reviewCommentSchema = commentSchema.extend({
  path: z.string(),
  line: z.number().int().nullish(),
  pull_request_review_id: z.number().int().nullish(),
});
const reviewSchema = z.object({
  ...said,
  state: z.string().regex(/^[A-Z_]{1,40}$/),
  submitted_at: timeSchema.nullish(),
});
const countSchema = z.object({ comments: z.number().int().nonnegative() });

const pageSize = 100;

/** Comments of an issue or pull request. GitHub has the oldest first: the last two pages are read. */
export async function comments(
  api: Api,
  number: number,
  isPullRequest: boolean,
): Promise<ThreadPart> {
  // each with the permission that the thing itself needs
  const about = isPullRequest ? "pulls" : "issues";
  const counted = await api.call(`GET /repos/{owner}/{repo}/${about}/{number}`, { number });
  const last = Math.max(1, Math.ceil(checked(countSchema, counted.data).comments / pageSize));
  const first = Math.max(1, last - 1);
  const pages = await Promise.all(
    Array.from({ length: last - first + 1 }, (_, index) =>
      api.call("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", {
        issue_number: number,
        per_page: pageSize,
        page: first + index,
      }),
    ),
  );
  return {
    entries: pages.flatMap(({ data }) => checked(z.array(commentSchema), data)).map(entryOf),
    unread:
      first === 1 ? undefined : `The oldest ${(first - 1) * pageSize} comments are not in it.`,
  };
}

/** Comments at lines, the newest 200. */
export function reviewComments(api: Api, number: number): Promise<ThreadPart> {
  return list(
    api,
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments",
    { pull_number: number, sort: "created", direction: "desc" },
    2,
    (data) =>
      checked(z.array(reviewCommentSchema), data).map((one) => ({
        ...entryOf(one),
        kind: "review-comment",
        place: { path: one.path, line: one.line ?? undefined },
        review: one.pull_request_review_id ?? undefined,
      })),
    "The oldest comments at lines are not in it.",
  );
}

/** Reviews. GitHub has the oldest first and knows no other order. */
export function reviews(api: Api, number: number): Promise<ThreadPart> {
  return list(
    api,
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    { pull_number: number },
    10,
    (data) =>
      checked(z.array(reviewSchema), data).flatMap(({ submitted_at: at, ...one }) =>
        // one without a time is somebody's draft
        at == null
          ? []
          : [
              {
                ...entryOf({ ...one, created_at: at, updated_at: undefined }),
                kind: "review",
                verdict: one.state,
              },
            ],
      ),
    "The newest reviews are not in it.",
  );
}

async function list(
  api: Api,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
  mostPages: number,
  read: (page: unknown) => ThreadEntry[],
  unread: string,
): Promise<ThreadPart> {
  const entries: ThreadEntry[] = [];
  let pages = 0;
  for await (const page of api.pages(route, { ...parameters, per_page: pageSize })) {
    if (pages === mostPages) {
      return { entries, unread };
    }
    entries.push(...read(page));
    pages += 1;
  }
  return { entries, unread: undefined };
}

function checked<T>(schema: z.ZodType<T>, data: unknown): T {
  const read = schema.safeParse(data);
  if (!read.success) {
    throw new NotUnderstood();
  }
  return read.data;
}

function entryOf(one: {
  id: number;
  body?: string | null | undefined;
  user: string;
  author_association: string;
  created_at: string;
  updated_at: string | undefined;
}): ThreadEntry {
  return {
    kind: "comment",
    id: one.id,
    by: one.user,
    association: one.author_association,
    createdAt: one.created_at,
    updatedAt: one.updated_at,
    text: one.body ?? "",
    verdict: undefined,
    place: undefined,
    review: undefined,
  };
}
