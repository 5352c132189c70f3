import { type TextFinder, textFinder } from "./find-texts.ts";
import { formsOf, partsOf, shortestSecret } from "./secret-forms.ts";
import { plain } from "./text.ts";

/** Knows what must not be shown, and takes it out of texts. With no secret it costs nothing. */
export interface Redactor {
  /** Adds values that are secret. Answers what the runner should mask that it was not told yet: values line by line. */
  learn(values: Iterable<string>): readonly string[];
  /**
   * The text with `***` for every secret, in any form it is known by. Where escapes or control characters part one, the
   * text loses them: whoever shows it takes them away, and would put the secret together again.
   */
  redact(text: string): string;
  /** The same for bytes that come piece by piece: a secret may begin in one and end in another. */
  pieces(): RedactedPieces;
}

export interface RedactedPieces {
  /** What can be passed on by now. The end of it waits while it may be the beginning of a secret. */
  take(piece: Buffer): Buffer;
  /** What has waited. */
  rest(): Buffer;
}

const instead = "***";
const nothing = Buffer.alloc(0);

export function createRedactor(values: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  const masked = new Set<string>();
  // made when the first text comes: most of what is learnt comes before any
  let ofText: TextFinder | undefined;
  let ofBytes: TextFinder | undefined;
  const inText = () => {
    ofText ??= forms.size === 0 ? undefined : textFinder([...forms]);
    return ofText;
  };
  const inBytes = () => {
    ofBytes ??= forms.size === 0 ? undefined : textFinder([...forms].map(asBytes));
    return ofBytes;
  };
  const learn = (more: Iterable<string>): readonly string[] => {
    const known = forms.size;
    const fresh: string[] = [];
    for (const value of more) {
      for (const form of formsOf(value)) {
        forms.add(form);
      }
      // the runner masks a value of several lines by its lines, too, and `}` may be one of them
      const lines = partsOf(value).filter((part) => !/[\r\n]/.test(part) && !masked.has(part));
      for (const line of lines) {
        masked.add(line);
        fresh.push(line);
      }
    }
    if (forms.size > known) {
      ofText = undefined;
      ofBytes = undefined;
    }
    return fresh;
  };
  learn(values);
  return {
    learn,
    redact(text) {
      const secrets = inText();
      if (secrets === undefined) {
        return text;
      }
      const shown = hide(text, secrets);
      const bare = plain(shown);
      const hiddenBare = bare === shown ? bare : hide(bare, secrets);
      return hiddenBare === bare ? shown : hiddenBare;
    },
    pieces: () => redactedPieces(inBytes),
  };
}

/** Bytes as a text of one character each, so that what is no UTF-8 stays as it is. */
function asBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function redactedPieces(finder: () => TextFinder | undefined): RedactedPieces {
  let waiting = "";
  // so much of what waits is a secret's, for which `***` has been passed on
  let hidden = 0;
  const pass = (text: string, until: number, secrets: TextFinder): Buffer => {
    const { text: out, beyond } = replaced(text, until, hidden, secrets);
    waiting = text.slice(until);
    hidden = beyond;
    return Buffer.from(out, "latin1");
  };
  return {
    take(piece) {
      const secrets = finder();
      if (secrets === undefined || piece.length === 0) {
        return piece;
      }
      const text =
        waiting + (typeof piece === "string" ? asBytes(piece) : piece.toString("latin1"));
      const until = secrets.unfinished(text);
      const clean = waiting === "" && until === text.length && secrets.next(text, 0) === undefined;
      return clean ? piece : pass(text, until, secrets);
    },
    rest() {
      const secrets = finder();
      return waiting === "" || secrets === undefined
        ? nothing
        : pass(waiting, waiting.length, secrets);
    },
  };
}

/**
 * The text up to a place with every secret replaced; those that overlap are one.
 *
 * @param hidden how much of the beginning is replaced already
 * @returns how far a secret goes on behind the place, too
 */
function replaced(text: string, until: number, hidden: number, secrets: TextFinder) {
  let out = "";
  let end = hidden;
  let found = secrets.next(text, 0);
  if (found === undefined && hidden === 0) {
    return { text: until === text.length ? text : text.slice(0, until), beyond: 0 };
  }
  while (found !== undefined && found.start < until) {
    if (found.start >= end) {
      out += `${text.slice(end, found.start)}${instead}`;
    }
    end = Math.max(end, found.end);
    found = secrets.next(text, found.start + 1);
  }
  return { text: out + text.slice(end, until), beyond: Math.max(0, end - until) };
}

function hide(text: string, secrets: TextFinder): string {
  return withoutCut(replaced(text, text.length, 0, secrets).text, secrets);
}

/**
 * What a message was cut down from may have been a secret's beginning or end: `sk-live-12…` has enough of one to be of
 * use. Pure.
 */
function withoutCut(text: string, secrets: TextFinder): string {
  const parts = text.split("…");
  if (parts.length === 1) {
    return text;
  }
  return parts
    .map((part, index) => {
      const behind = index === 0 ? part : part.slice(cutBegin(part, secrets));
      const shown = behind.length === part.length ? part : `${instead}${behind}`;
      const end = index === parts.length - 1 ? shown.length : cutEnd(shown, secrets);
      return end === shown.length ? shown : `${shown.slice(0, end)}${instead}`;
    })
    .join("…");
}

/** Where the beginning of a secret begins that a text ends with. */
function cutEnd(text: string, secrets: TextFinder): number {
  const at = secrets.unfinished(text);
  return text.length - at >= shortestSecret ? at : text.length;
}

/** Where the end of a secret ends that a text begins with. */
function cutBegin(text: string, { texts }: TextFinder): number {
  const first = text.slice(0, shortestSecret);
  if (first.length < shortestSecret) {
    return 0;
  }
  let most = 0;
  for (const secret of texts) {
    for (let at = secret.indexOf(first, 1); at > 0; at = secret.indexOf(first, at + 1)) {
      const end = secret.slice(at);
      most = text.startsWith(end) ? Math.max(most, end.length) : most;
    }
  }
  return most;
}
