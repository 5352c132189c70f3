/** A longer pattern fits no path, but would be read to its end for each. */
const longestPattern = 4096;

/** One line of a `.gitignore`. */
interface Rule {
  readonly negated: boolean;
  readonly foldersOnly: boolean;
  /** A pattern without a slash is one for the name alone, wherever it is. */
  readonly nameOnly: boolean;
  readonly steps: readonly string[];
}

/**
 * The lines of a repository's `.gitignore` files. Whoever wrote the tree wrote them, so they are matched without
 * regular expressions: none takes longer than its length times that of the path.
 */
export class IgnoreRules {
  readonly #byFolder = new Map<string, readonly Rule[]>();

  /** @param folder where the file is; empty for the root. Later lines, and files further down, have the last word. */
  add(folder: string, text: string): void {
    const rules = text.split("\n").flatMap((line) => parseLine(line) ?? []);
    if (rules.length === 0) {
      return;
    }
    this.#byFolder.set(folder, [...(this.#byFolder.get(folder) ?? []), ...rules]);
  }

  /** Whether a path is ignored by itself; that a folder above it is, is for the caller to know. */
  ignores(path: string, isFolder: boolean): boolean {
    if (this.#byFolder.size === 0) {
      return false;
    }
    const name = path.slice(path.lastIndexOf("/") + 1);
    for (let cut = path.lastIndexOf("/"); ; cut = path.lastIndexOf("/", cut - 1)) {
      const folder = cut < 0 ? "" : path.slice(0, cut);
      const below = cut < 0 ? path : path.slice(cut + 1);
      const rule = this.#byFolder
        .get(folder)
        ?.findLast((one) => (isFolder || !one.foldersOnly) && matches(one, name, below));
      if (rule !== undefined) {
        return !rule.negated;
      }
      if (cut < 0) {
        return false;
      }
    }
  }
}

function parseLine(line: string): Rule | undefined {
  let pattern = withoutBlanks(line.endsWith("\r") ? line.slice(0, -1) : line);
  if (pattern === "" || pattern.startsWith("#")) {
    return undefined;
  }
  const negated = pattern.startsWith("!");
  pattern = negated ? pattern.slice(1) : pattern;
  const foldersOnly = pattern.endsWith("/");
  pattern = foldersOnly ? pattern.slice(0, -1) : pattern;
  const nameOnly = !pattern.includes("/");
  const anchored = pattern.startsWith("/") ? pattern.slice(1) : pattern;
  return anchored === "" || anchored.length > longestPattern
    ? undefined
    : { negated, foldersOnly, nameOnly, steps: anchored.split("/") };
}

/** Blanks at a line's end do not count, unless the last one is escaped. */
function withoutBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " ") {
    let escapes = 0;
    while (line[end - 2 - escapes] === "\\") {
      escapes += 1;
    }
    if (escapes % 2 === 1) {
      break;
    }
    end -= 1;
  }
  return line.slice(0, end);
}

function matches({ nameOnly, steps }: Rule, name: string, path: string): boolean {
  return nameOnly ? matchesName(steps[0] ?? "", name) : matchesPath(steps, path.split("/"));
}

/** `**` stands for any number of folders; at the end for at least one step more. */
function matchesPath(steps: readonly string[], path: readonly string[]): boolean {
  return starMatch(
    steps.length,
    path.length,
    (at) => steps[at] === "**",
    (at, of) => matchesName(steps[at] ?? "", path[of] ?? ""),
    steps.at(-1) === "**" ? 1 : 0,
  );
}

/** `*`, `?`, `[…]` and `\` in one step of a path. */
function matchesName(pattern: string, name: string): boolean {
  const parts = partsOf(pattern);
  return (
    parts !== undefined &&
    starMatch(
      parts.length,
      name.length,
      (at) => parts[at] === "*",
      (at, of) => {
        const part = parts[at];
        return typeof part === "function" && part(name.charCodeAt(of));
      },
      0,
    )
  );
}

/**
 * Matches a sequence against a pattern with stars. After a mismatch only the last star is tried anew: those before it
 * have nothing to gain.
 *
 * @param least how many a star at the very end has to take
 */
function starMatch(
  patternLength: number,
  length: number,
  isStar: (at: number) => boolean,
  fits: (at: number, of: number) => boolean,
  least: number,
): boolean {
  let at = 0;
  let of = 0;
  let star = -1;
  let starOf = 0;
  while (of < length) {
    if (at < patternLength && isStar(at)) {
      star = at;
      starOf = of + (at === patternLength - 1 ? least : 0);
      of = starOf;
      at += 1;
    } else if (at < patternLength && fits(at, of)) {
      at += 1;
      of += 1;
    } else if (star >= 0) {
      starOf += 1;
      of = starOf;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (at < patternLength && isStar(at) && !(least > 0 && at === patternLength - 1)) {
    at += 1;
  }
  return at === patternLength && of === length;
}

type Part = "*" | ((code: number) => boolean);

/** Undefined for a pattern that matches nothing: a bracket or an escape without its end. */
function partsOf(pattern: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at];
    if (char === "*") {
      if (parts.at(-1) !== "*") {
        parts.push("*");
      }
      at += 1;
    } else if (char === "?") {
      parts.push(() => true);
      at += 1;
    } else if (char === "[") {
      const set = readSet(pattern, at + 1);
      if (set === undefined) {
        return undefined;
      }
      parts.push(set.has);
      at = set.next;
    } else {
      at += char === "\\" ? 1 : 0;
      if (at >= pattern.length) {
        return undefined;
      }
      const code = pattern.charCodeAt(at);
      parts.push((one) => one === code);
      at += 1;
    }
  }
  return parts;
}

const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  digit: /[0-9]/,
  lower: /[a-z]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** The set that begins at `from`, behind its bracket. */
function readSet(
  pattern: string,
  from: number,
): { has: (code: number) => boolean; next: number } | undefined {
  const negated = pattern[from] === "!" || pattern[from] === "^";
  const first = negated ? from + 1 : from;
  const tests: ((code: number) => boolean)[] = [];
  let at = first;
  while (pattern[at] !== "]" || at === first) {
    if (at >= pattern.length) {
      return undefined;
    }
    const [, name] = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12)) ?? [];
    if (name !== undefined) {
      const known = classes[name];
      if (known === undefined) {
        return undefined;
      }
      tests.push((code) => known.test(String.fromCharCode(code)));
      at += name.length + 4;
      continue;
    }
    at += pattern[at] === "\\" ? 1 : 0;
    const low = pattern.charCodeAt(at);
    at += 1;
    let high = low;
    if (pattern[at] === "-" && at + 1 < pattern.length && pattern[at + 1] !== "]") {
      at += pattern[at + 1] === "\\" ? 2 : 1;
      high = pattern.charCodeAt(at);
      at += 1;
    }
    tests.push((code) => code >= low && code <= high);
  }
  return { has: (code) => tests.some((test) => test(code)) !== negated, next: at + 1 };
}
