import { readAnswerMark } from "./answer-mark.ts";
import { permissionHint, timeSchema, unreadOf } from "./checked.ts";
import type { Api } from "./client.ts";
import {
  comments,
  NotUnderstood,
  reviewComments,
  reviews,
  type ThreadEntry,
  type ThreadPart,
} from "./thread-entries.ts";

/** Where and when it was asked. */
export interface AskedAmong {
  readonly asked: { readonly kind: string; readonly id?: number };
  readonly number: number;
  readonly isPullRequest: boolean;
  readonly at: string;
}

/** What was said at an issue or pull request up to a question. Untrusted: anybody may have said it. */
export interface Thread {
  /** Oldest first. */
  readonly entries: readonly ThreadEntry[];
  /** Which of them is the question; undefined where it is none of them. */
  readonly question: ThreadEntry | undefined;
  /** What is not in it, each as a sentence. */
  readonly leftOut: readonly string[];
}

/** The newest ones are kept. */
const mostEntries = 300;

/** Reads the thread that a question belongs to; or says in a sentence why it cannot be read. */
export async function readThread(api: Api, about: AskedAmong): Promise<Thread | string> {
  const { number, isPullRequest, at } = about;
  const problem = `The thread of #${number} cannot be read`;
  if (!timeSchema.safeParse(at).success) {
    return `${problem}: the event does not say when it was asked.`;
  }
  try {
    const parts = await Promise.all([
      comments(api, number, isPullRequest),
      ...(isPullRequest ? [reviews(api, number), reviewComments(api, number)] : []),
    ]);
    return threadOf(parts, about);
  } catch (error) {
    if (error instanceof NotUnderstood) {
      return `${problem}: ${error.message}.`;
    }
    const unread = unreadOf(error);
    const permission = isPullRequest ? "pull-requests: read" : "issues: read";
    return `${problem}: ${unread.why}${permissionHint(unread, permission)}.`;
  }
}

/** The parts as one, as it was when it was asked. */
function threadOf(parts: readonly ThreadPart[], { asked, at }: AskedAmong): Thread {
  const moment = Date.parse(at);
  const isLater = (time: string | undefined) => time !== undefined && Date.parse(time) > moment;
  const all = parts.flatMap(({ entries }) => entries);
  const question = all.find(({ kind, id }) => asked.id === id && kindOf[kind] === asked.kind);
  const said = all.filter((one) => one === question || !(isLater(one.createdAt) || isEmpty(one)));
  // what is written in a review counts as changed when the review is sent
  const asTheyWere = said.filter(
    (one) =>
      one === question ||
      (one.review !== undefined && one.review === reviewOf(asked)) ||
      !isLater(one.updatedAt),
  );
  const edited = said.length - asTheyWere.length;
  const sorted = asTheyWere.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  const older = Math.max(0, sorted.length - mostEntries);
  return {
    entries: sorted.slice(older),
    question,
    leftOut: [
      ...parts.flatMap(({ unread }) => unread ?? []),
      ...(older > 0 ? [`${older} older ones are not in it.`] : []),
      ...(edited > 0 ? [`${edited} that somebody edited after the question are not in it.`] : []),
    ],
  };
}

/** What a question is called that stands in such an entry. */
const kindOf = {
  comment: "issue-comment",
  review: "review",
  "review-comment": "review-comment",
} as const;

function reviewOf({ kind, id }: AskedAmong["asked"]): number | undefined {
  return kind === "review" ? id : undefined;
}

/** It says nothing: a review that only holds its comments, or that we work on something. */
function isEmpty({ kind, verdict, text }: ThreadEntry): boolean {
  const isBare = text.trim() === "" && (kind !== "review" || verdict === "COMMENTED");
  const state = readAnswerMark(text)?.state;
  return isBare || state === "working" || state === "refused";
}
