import type { Thread } from "../../github/thread.ts";
import type { ThreadEntry } from "../../github/thread-entries.ts";
import { type Bounded, cutText } from "./bounded.ts";
import { shown, visible } from "./shown.ts";

/** How much of a thread there is room for, in bytes. */
export interface ThreadRoom {
  readonly all: number;
  /** One long entry shall not take the place of all others. */
  readonly each: number;
}

/** A thread in so many bytes, oldest first: the newest entries are kept. Pure. */
export function threadText(
  { entries, question, leftOut }: Thread,
  { all, each }: ThreadRoom,
): Bounded {
  const kept: string[] = [];
  let room = all;
  for (const entry of entries.toReversed()) {
    const text = entryText(entry, entry === question, each);
    const bytes = Buffer.byteLength(text) + 2;
    if (bytes > room) {
      break;
    }
    room -= bytes;
    kept.push(text);
  }
  const older = entries.length - kept.length;
  const cut = [...leftOut, ...(older > 0 ? [`The oldest ${older} of these are left out.`] : [])];
  return {
    text: kept.toReversed().join("\n\n"),
    cut: cut.length === 0 ? undefined : cut.join(" "),
  };
}

/** Every line of what somebody wrote is quoted: nobody can write what looks like another's entry. */
function entryText(entry: ThreadEntry, isQuestion: boolean, most: number): string {
  const { kind, by, association, createdAt, place, verdict, text } = entry;
  const who = `${by} (${association}), ${createdAt}`;
  const what =
    kind === "review"
      ? `review, ${verdict}`
      : place === undefined
        ? "comment"
        : `comment at ${placeText(place)}`;
  const head = `${who}, ${what}:`;
  if (isQuestion) {
    return `${head} the question`;
  }
  const body = cutText(shown(text).trim(), most);
  return body === "" ? head : `${head}\n${body.replace(/^/gm, "> ")}`;
}

function placeText({ path, line }: NonNullable<ThreadEntry["place"]>): string {
  const file = JSON.stringify(visible(path));
  return line === undefined ? file : `${file}, line ${line}`;
}
