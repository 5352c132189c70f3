import { marker } from "../github/comment.ts";
import { type DiffFile, diffFiles, type Hunk, type Lines } from "../github/diff-lines.ts";
import type { Review, ReviewComment } from "../github/review.ts";
import { plain } from "../log/text.ts";
import type { ReviewAnswer, ReviewRemark } from "../settings/review.ts";
import { code } from "./markdown.ts";
import { unquoted } from "./summary.ts";

/** GitHub takes 65,536 characters in a body. */
const mostBody = 60_000;
const mostSuggestion = 20_000;
/** More remarks at lines than these are read by nobody; further ones stand in the body. */
const mostComments = 50;
/** Of all remarks at lines together. */
const mostCharacters = 400_000;

/** Ours are told from others' by it, whoever's the token is. */
const mark = marker("review");

/** Where a remark stands in the diff. */
interface Place {
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  readonly line: number;
  readonly start: number | undefined;
  /** It is about exactly these lines: a suggestion may replace them. */
  readonly exact: boolean;
}

/**
 * An agent's answer as one review: remarks at lines that the diff shows stand there, all others in the body. Its texts
 * mention nobody and load nothing. Pure.
 *
 * @param diff the pull request's, as git writes it; without one all stands in the body
 */
export function reviewOf({ body, comments: remarks }: ReviewAnswer, diff: string): Review {
  const files = byName(diffFiles(diff));
  const at = new Map<string, { place: Place; texts: Set<string> }>();
  const outside: string[] = [];
  for (const remark of withoutDoubles(remarks)) {
    const place = placeOf(remark, files);
    if (place === undefined) {
      outside.push(remarkInBody(remark));
      continue;
    }
    const key = JSON.stringify([place.path, place.side, place.start, place.line]);
    const found = at.get(key) ?? { place, texts: new Set() };
    found.texts.add(textOf(remark, place.exact && place.side === "RIGHT"));
    at.set(key, found);
  }
  const comments: ReviewComment[] = [];
  const tooMany: string[] = [];
  let room = mostCharacters;
  for (const { place, texts } of at.values()) {
    const text = `${mark}\n${[...texts].join("\n\n")}`;
    room -= text.length;
    if (comments.length < mostComments && room >= 0 && text.length <= mostBody) {
      comments.push(commentAt(place, text));
    } else {
      tooMany.push(`${placeText(place)}\n\n${[...texts].map(withoutButton).join("\n\n")}`);
    }
  }
  const all = withoutDoubles(remarks).map(remarkInBody);
  return {
    body: bodyOf(body, [...tooMany, ...outside], comments.length),
    comments,
    allInBody: bodyOf(body, all, 0),
  };
}

function withoutDoubles(remarks: readonly ReviewRemark[]): ReviewRemark[] {
  return [...new Map(remarks.map((remark) => [JSON.stringify(remark), remark])).values()];
}

function byName(files: readonly DiffFile[]): ReadonlyMap<string, DiffFile> {
  const renamed = files.flatMap((file) =>
    file.from === undefined ? [] : [[file.from, file] as const],
  );
  return new Map([...renamed, ...files.map((file) => [file.path, file] as const)]);
}

function placeOf(
  { path, line, start_line, side }: ReviewRemark,
  files: ReadonlyMap<string, DiffFile>,
): Place | undefined {
  const file = files.get(path.replace(/^(?:\.\/)+/, ""));
  const lines = file?.hunks.flatMap((hunk) => linesOf(hunk, side ?? "RIGHT")) ?? [];
  const first = Math.min(start_line || line, line);
  const last = Math.max(start_line || line, line);
  const shown = lines.find((one) => has(one, last));
  if (file === undefined || shown === undefined) {
    return undefined;
  }
  const exact = has(shown, first);
  const start = exact && first < last ? first : undefined;
  return { path: file.path, side: side ?? "RIGHT", line: last, start, exact };
}

function linesOf({ left, right }: Hunk, side: "LEFT" | "RIGHT"): readonly Lines[] {
  return side === "LEFT" ? left : right === undefined ? [] : [right];
}

function has({ first, last }: Lines, line: number): boolean {
  return Number.isSafeInteger(line) && first <= line && line <= last;
}

function commentAt({ path, side, line, start }: Place, body: string): ReviewComment {
  const several = start === undefined ? {} : { start_line: start, start_side: side };
  return { path, side, line, ...several, body };
}

/** @param replaces whether its suggestion may be applied at a button's press: there, it replaces the lines */
function textOf({ text, suggestion }: ReviewRemark, replaces: boolean): string {
  const said = unquoted(text);
  // an empty one would delete the lines at a button's press, and is what some models say for none
  if (!suggestion) {
    return said;
  }
  const shown = suggestionText(suggestion, replaces ? "suggestion" : "");
  return said.trim() === "" ? shown : `${said}\n\n${shown}`;
}

/** A block whose fence is longer than any in it, so that nothing in it ends it. */
function suggestionText(suggestion: string, word: string): string {
  if (suggestion.length > mostSuggestion) {
    return "(Its suggestion is left out: it is too long.)";
  }
  const text = plain(suggestion);
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${word}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}

/** The same text where there are no lines to replace. */
function withoutButton(text: string): string {
  return text.replace(/^(`{3,})suggestion$/gm, "$1");
}

function remarkInBody(remark: ReviewRemark): string {
  const { start_line: start, ...place } = remark;
  return `${placeText({ ...place, start })}\n\n${textOf(remark, false)}`;
}

function placeText({
  path,
  line,
  start,
  side,
}: Pick<ReviewRemark, "path" | "line" | "side"> & { start?: number | null | undefined }): string {
  const first = start && start !== line ? `${start}-` : "";
  const old = side === "LEFT" ? " (before the change)" : "";
  return `**${code(`${path}:${first}${line}`)}**${old}`;
}

function bodyOf(said: string, remarks: readonly string[], atLines: number): string {
  const own = unquoted(said).trim();
  const nothing = atLines > 0 ? "The remarks are at their lines." : "There is nothing to remark.";
  const parts = [mark, own === "" && remarks.length === 0 ? nothing : own].filter(
    (part) => part !== "",
  );
  let room = mostBody - parts.join("\n\n").length;
  const kept: string[] = [];
  for (const remark of remarks) {
    room -= remark.length + 2;
    if (room < 0) {
      break;
    }
    kept.push(remark);
  }
  const missing = remarks.length - kept.length;
  const left = missing === 0 ? [] : [`(${missing} more remarks are left out: they are too long.)`];
  return [...parts, ...kept, ...left].join("\n\n");
}
