import { z } from "zod";
import { shaSchema as sha } from "../github/checked.ts";
import type { GitHubEvent } from "../github/event.ts";

// Whether an event is somebody's question to the agent, and which. Pure.

/** What on GitHub somebody asked with: where the answer belongs. */
export type Asked =
  | { readonly kind: "issue-comment"; readonly id: number }
  | { readonly kind: "review-comment"; readonly id: number }
  | { readonly kind: "review"; readonly id: number }
  | { readonly kind: "issue" }
  | { readonly kind: "pull-request" }
  | { readonly kind: "label"; readonly name: string }
  | { readonly kind: "assignment"; readonly login: string };

/** A question to the agent, as the event has it: untrusted, and of the moment it was written. */
export interface Ask {
  readonly asked: Asked;
  /** Who asked, by login. */
  readonly by: string;
  /** Of the issue or pull request it was asked at. */
  readonly number: number;
  readonly isPullRequest: boolean;
  /** What is asked, without the phrase; empty for a label or an assignment. */
  readonly question: string;
  /**
   * The whole text that it stands in, to be compared with what stands there now: the description for a label or an
   * assignment, which ask for what is said there. Undefined where there is none.
   */
  readonly text: string | undefined;
  /** The title, where it is asked for as well. */
  readonly title?: string | undefined;
  /** When it was written, as GitHub says it: `2026-11-28T19:54:47Z`. */
  readonly at: string;
  /** The head's commit, where the event names it. */
  readonly head: string | undefined;
  /** The page it was asked on; undefined where the payload has none. */
  readonly url: string | undefined;
}

/** What asks for the agent. */
export interface Triggers {
  /** `/agent` */
  readonly phrase: string | undefined;
  readonly label: string | undefined;
  readonly assignee: string | undefined;
}

/**
 * What asks, by the settings; undefined where nothing has to. A label and a login are the phrase's own word unless they are
 * given.
 */
export function triggersOf(
  phrase: string | undefined,
  label: string | undefined,
  assignee: string | undefined,
): Triggers | undefined {
  const word = phrase?.replace(/^[^A-Za-z0-9]/, "");
  return (phrase ?? label ?? assignee) === undefined
    ? undefined
    : { phrase, label: label ?? word, assignee: assignee ?? word };
}

/** What an event asks; a question that is not answered says why, in a sentence without an end. */
export type Listened =
  | { readonly ask: Ask; readonly refused: string | undefined }
  | { readonly ask: undefined; readonly why: string };

const id = z.number().int().positive();
const login = z.object({ login: z.string() });
const text = z.string().nullish();
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/);

const pull = z.object({
  number: id,
  title: z.string().optional(),
  body: text,
  head: z.object({ sha }),
  created_at: time,
  updated_at: time,
  html_url: z.string().optional(),
});
const issue = z.object({
  number: id,
  title: z.string().optional(),
  body: text,
  pull_request: z.unknown().optional(),
  created_at: time,
  updated_at: time,
  html_url: z.string().optional(),
});
const comment = z.object({ id, body: text, created_at: time, html_url: z.string().optional() });
const review = z.object({ id, body: text, submitted_at: time, html_url: z.string().optional() });

/** The parts of a payload that may ask; which of them an event has is told by its name. */
const payloadSchema = z.object({
  action: z.string(),
  sender: login,
  issue: issue.optional(),
  pull_request: pull.optional(),
  comment: comment.optional(),
  review: review.optional(),
  label: z.object({ name: z.string() }).nullish(),
  assignee: login.nullish(),
  requested_reviewer: login.nullish(),
  changes: z.object({ body: z.unknown().optional() }).nullish(),
});
type Payload = z.output<typeof payloadSchema>;

/** Which part of an event's payload has the words, and the actions by which they are new. */
const written: Readonly<
  Record<string, { part: "comment" | "review" | "issue" | "pull_request"; by: string }>
> = {
  issue_comment: { part: "comment", by: "created" },
  pull_request_review_comment: { part: "comment", by: "created" },
  pull_request_review: { part: "review", by: "submitted" },
  issues: { part: "issue", by: "opened" },
  pull_request: { part: "pull_request", by: "opened" },
  pull_request_target: { part: "pull_request", by: "opened" },
};

/** Whether an event asks for the agent. What cannot be read asks nothing. */
export function askOf(triggers: Triggers, event: GitHubEvent | undefined): Listened {
  const row = event && written[event.name];
  if (event === undefined || row === undefined) {
    return nobody(event === undefined ? "no event started this" : `\`${event.name}\` asks nothing`);
  }
  const { data: payload } = payloadSchema.safeParse(event.payload);
  const place = payload && placeOf(payload);
  if (payload === undefined || place === undefined) {
    return nobody(`the payload of \`${event.name}\` is not understood`);
  }
  const marked = markOf(triggers, payload);
  if (marked !== undefined) {
    const { updated, ...where } = place;
    const { title, body } = payload.pull_request ?? payload.issue ?? {};
    const ask = { ...where, asked: marked, question: "", text: body ?? "", title, at: updated };
    return { ask, refused: undefined };
  }
  const said = wordsOf(event.name, row.part, payload);
  const { phrase } = triggers;
  const question = said && phrase ? questionIn(said.text, phrase) : undefined;
  if (said === undefined || question === undefined) {
    return nobody(whatAsks(triggers));
  }
  const { updated: _, ...where } = place;
  const ask = { ...where, ...said, question, url: said.url ?? where.url };
  if (payload.action === row.by) {
    return { ask, refused: undefined };
  }
  return payload.action === "edited" && isOfText(payload)
    ? { ask, refused: "the question was edited after it was asked; ask again in a new comment" }
    : nobody("nobody asked: the event is about a text that was there before");
}

/** An issue or pull request is edited by its title and its base, too, and nobody asks by that. */
function isOfText({ changes, comment, review }: Payload): boolean {
  return comment !== undefined || review !== undefined || !changes || changes.body !== undefined;
}

interface Place extends Pick<Ask, "by" | "number" | "isPullRequest" | "head" | "url"> {
  readonly updated: string;
}

function placeOf({ sender, issue, pull_request: pull }: Payload): Place | undefined {
  const at = pull ?? issue;
  return (
    at && {
      by: sender.login,
      number: at.number,
      isPullRequest: pull !== undefined || Boolean(issue?.pull_request),
      head: pull?.head.sha,
      url: at.html_url,
      updated: at.updated_at,
    }
  );
}

/** A label or somebody's name is set, and it is ours. */
function markOf({ label, assignee }: Triggers, payload: Payload): Asked | undefined {
  const same = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && bare(one) === bare(other);
  if (payload.action === "labeled" && same(payload.label?.name, label)) {
    return { kind: "label", name: payload.label?.name ?? "" };
  }
  const who =
    payload.action === "assigned"
      ? payload.assignee
      : payload.action === "review_requested"
        ? payload.requested_reviewer
        : undefined;
  return same(who?.login, assignee) ? { kind: "assignment", login: who?.login ?? "" } : undefined;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\[bot\]$/, "");
}

type Words = Pick<Ask, "asked" | "at" | "url"> & { readonly text: string };

function wordsOf(event: string, part: string, payload: Payload): Words | undefined {
  const { comment, review, issue, pull_request: pull } = payload;
  if (part === "comment" && comment) {
    const kind = event === "issue_comment" ? "issue-comment" : "review-comment";
    const asked = { kind, id: comment.id } as const;
    return { asked, text: comment.body ?? "", at: comment.created_at, url: comment.html_url };
  }
  if (part === "review" && review) {
    const asked = { kind: "review", id: review.id } as const;
    return { asked, text: review.body ?? "", at: review.submitted_at, url: review.html_url };
  }
  const whole = part === "issue" ? issue : part === "pull_request" ? pull : undefined;
  return (
    whole && {
      asked: { kind: part === "issue" ? "issue" : "pull-request" },
      text: whole.body ?? "",
      at: whole.created_at,
      url: whole.html_url,
    }
  );
}

/**
 * What a text asks, without the phrase; undefined where it does not ask. A phrase asks at the beginning of a line, a
 * mention (`@agent`) anywhere as a word; neither in a quotation, in code, or in a comment that nobody sees.
 */
export function questionIn(text: string, phrase: string): string | undefined {
  if (text.startsWith("<!-- agent-runner:")) {
    return undefined; // our own words, or somebody's who does as if
  }
  const heard = audible(text);
  const word = phrase.replace(/[/[\]\\^$.*+?(){}|]/g, "\\$&");
  const before = phrase.startsWith("@") ? "(^|[\\s(])" : "(^[ \\t]*)";
  const found = new RegExp(`${before}${word}(?=[\\s,:.!?)]|$)`, "im").exec(heard);
  if (found === null) {
    return undefined;
  }
  const start = found.index + (found[1] ?? "").length;
  const after = text.slice(start + phrase.length).replace(/^[,:]/, "");
  return `${text.slice(0, start)}${after}`.trim();
}

/** A line that is longer has no code in it: looking for its ends would take too long. */
const mostInLine = 4_000;

/** The text with all that nobody says here blanked out, so that places stay what they are. */
function audible(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, "\0");
  const inline = (line: string) =>
    line.length > mostInLine ? line : line.replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank);
  return text
    .replace(/<!--[\s\S]*?(?:-->|$(?![\s\S]))/g, blank)
    .replace(/^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1[`~]*[ \t\r]*$|$(?![\s\S]))/gm, blank)
    .replace(/^ {0,3}>.*$/gm, blank)
    .replace(/^(?: {4}|\t).*$/gm, blank)
    .replace(/^.*$/gm, inline);
}

function nobody(why: string): Listened {
  return { ask: undefined, why };
}

function whatAsks({ phrase, label, assignee }: Triggers): string {
  const ways = [
    ...(phrase === undefined ? [] : [`begins a line with \`${phrase}\``]),
    ...(label === undefined ? [] : [`is the label \`${label}\``]),
    ...(assignee === undefined ? [] : [`is an assignment of \`${assignee}\``]),
  ];
  return `nobody asked: nothing in the event ${ways.join(" or ")}`;
}
