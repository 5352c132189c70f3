/** Lines that follow one another, by their numbers. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** A piece of a file in a diff, as far as somebody may comment on it. */
export interface Hunk {
  /** The new file's lines that it shows: added and unchanged ones. */
  readonly right: Lines | undefined;
  /** The old file's lines that it shows as deleted. */
  readonly left: readonly Lines[];
}

export interface DiffFile {
  /** As GitHub calls it: the new name, or the old one of a file that is gone. */
  readonly path: string;
  /** The old name of a file that was renamed. */
  readonly from: string | undefined;
  readonly hunks: readonly Hunk[];
}

interface Names {
  old: string | undefined;
  new: string | undefined;
}

/**
 * The files of a unified diff as git writes it, and which of their lines it shows. A diff that breaks off counts as far
 * as it goes; what is no diff has no files. Hunks are read by their counts, so that a deleted line `-- a` is none of a
 * file's header. Pure.
 */
export function diffFiles(diff: string): DiffFile[] {
  const files: DiffFile[] = [];
  let names: Names = { old: undefined, new: undefined };
  let hunks: Hunk[] = [];
  const lines = diff.split("\n");
  const close = () => {
    const path = names.new ?? names.old;
    if (path !== undefined) {
      const from = names.old === path ? undefined : names.old;
      files.push({ path, from, hunks });
    }
    hunks = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const begin = hunkAt(line);
    if (line.startsWith("diff --git ")) {
      close();
      names = namesOf(line.slice("diff --git ".length));
      at += 1;
    } else if (begin === undefined) {
      nameIn(line, names);
      at += 1;
    } else {
      const read = readHunk(lines, at + 1, begin);
      hunks.push(read.hunk);
      at = read.next;
    }
  }
  close();
  return files;
}

interface Begin {
  readonly old: number;
  readonly oldCount: number;
  readonly new: number;
  readonly newCount: number;
}

function hunkAt(line: string): Begin | undefined {
  const found = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
  const [, old, oldCount = "1", fresh, newCount = "1"] = found ?? [];
  return found === null
    ? undefined
    : {
        old: Number(old),
        oldCount: Number(oldCount),
        new: Number(fresh),
        newCount: Number(newCount),
      };
}

function readHunk(lines: readonly string[], from: number, begin: Begin) {
  const left: { first: number; last: number }[] = [];
  let old = begin.old;
  let fresh = begin.new;
  const oldEnd = begin.old + begin.oldCount;
  const newEnd = begin.new + begin.newCount;
  let at = from;
  for (; at < lines.length && (old < oldEnd || fresh < newEnd); at++) {
    const line = lines[at] ?? "";
    if (line.startsWith("-")) {
      const last = left.at(-1);
      if (last?.last === old - 1) {
        last.last = old;
      } else {
        left.push({ first: old, last: old });
      }
      old += 1;
    } else if (line.startsWith("+")) {
      fresh += 1;
    } else if (line.startsWith(" ") || (line === "" && at < lines.length - 1)) {
      // some mailers take the blank of an empty line away
      old += 1;
      fresh += 1;
    } else if (!line.startsWith("\\")) {
      break; // it was cut off
    }
  }
  const right = fresh > begin.new ? { first: begin.new, last: fresh - 1 } : undefined;
  return { hunk: { right, left }, next: at };
}

/** A header's line that names the file; a file with no content has only `diff --git`, whose names may have blanks. */
function nameIn(line: string, names: Names): void {
  const [, word = "", rest = ""] =
    /^(---|\+\+\+|rename from|rename to|copy from|copy to) (.*?)\t?$/.exec(line) ?? [];
  switch (word) {
    case "---":
      names.old = nameOf(rest, "a/");
      break;
    case "+++":
      names.new = nameOf(rest, "b/");
      break;
    case "rename from":
    case "copy from":
      names.old = unquoted(rest);
      break;
    case "rename to":
    case "copy to":
      names.new = unquoted(rest);
      break;
  }
}

function nameOf(name: string, prefix: string): string | undefined {
  const plain = unquoted(name);
  return plain === "/dev/null" ? undefined : without(plain, prefix);
}

function without(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** `a/x b/x`: without a rename both are the same, so that the middle is known whatever blanks they have. */
function namesOf(both: string): Names {
  const [, first, second] = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(both) ?? [];
  if (first !== undefined && second !== undefined) {
    return { old: nameOf(first, "a/"), new: nameOf(second, "b/") };
  }
  const middle = (both.length - 1) / 2;
  const [old, fresh] = [both.slice(0, middle), both.slice(middle + 1)];
  const same = without(old, "a/") === without(fresh, "b/") && both[middle] === " ";
  return same
    ? { old: without(old, "a/"), new: without(fresh, "b/") }
    : { old: undefined, new: undefined };
}

const signs: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Git quotes what is not ASCII, byte by byte, as in C. */
function unquoted(name: string): string {
  const inner = /^"(.*)"$/.exec(name)?.[1];
  if (inner === undefined) {
    return name;
  }
  const parts = inner.match(/\\[0-7]{3}|\\.|[^\\]+/g) ?? [];
  const bytes = parts.map((part) => {
    if (/^\\[0-7]{3}$/.test(part)) {
      return Buffer.of(Number.parseInt(part.slice(1), 8) & 0xff);
    }
    const sign = part.startsWith("\\") ? part.slice(1) : undefined;
    const code = sign === undefined ? undefined : signs[sign];
    return code === undefined ? Buffer.from(sign ?? part) : Buffer.of(code);
  });
  return Buffer.concat(bytes).toString("utf8");
}
