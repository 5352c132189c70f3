import type { Diff } from "../../github/diff.ts";
import type { Thread } from "../../github/thread.ts";
import type { Bounded } from "./bounded.ts";
import { diffText } from "./diff-text.ts";
import { threadText } from "./thread-text.ts";

/** A text that the task finds as a file, if `context` names it. */
export interface ContextFile {
  readonly name: string;
  /** Untrusted. */
  readonly text: string;
  /** What is missing, as a sentence; not there where nothing is. */
  readonly cut?: string;
}

/** A file has more room than a prompt. Bytes. */
const most = { diff: 900_000, thread: { all: 500_000, each: 70_000 } };

/** `context: diff` */
export function diffFile(diff: Diff): ContextFile {
  return file("diff.patch", diffText(diff, most.diff));
}

/** `context: thread` */
export function threadFile(thread: Thread): ContextFile {
  return file("thread.md", threadText(thread, most.thread));
}

function file(name: string, { text, cut }: Bounded): ContextFile {
  return { name, text, ...(cut !== undefined && { cut }) };
}
