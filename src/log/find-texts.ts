/** Where one of the texts stands: the longest that begins there. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** Looks for many texts at once. */
export interface TextFinder {
  /** The first of them at or behind a place. */
  next(text: string, from: number): Found | undefined;
  /** Where the end of a text begins that may be the beginning of one of them; the text's length if nowhere. */
  unfinished(text: string): number;
  readonly texts: readonly string[];
}

const tableSize = 0x1_0000;
const none: readonly string[] = [];

/** Two characters as an index. */
function pair(text: string, at: number): number {
  return (text.charCodeAt(at) * 257 + text.charCodeAt(at + 1)) & (tableSize - 1);
}

function listed(lists: Map<number, string[]>, index: number): string[] {
  const list = lists.get(index) ?? [];
  lists.set(index, list);
  return list;
}

/**
 * A search by the method of Wu and Manber: it looks at every fifth pair of characters or so, however many texts there
 * are; a secret of several lines has some hundred forms.
 *
 * @param texts of two characters or more
 */
export function textFinder(texts: readonly string[]): TextFinder {
  const longestFirst = [...new Set(texts)].sort((one, other) => other.length - one.length);
  const shortest = longestFirst.at(-1)?.length ?? 0;
  const longest = longestFirst[0]?.length ?? 0;
  // how far to go on from a pair, and the texts that a pair is the end of, as far as the shortest goes
  const steps = new Uint8Array(tableSize).fill(Math.min(shortest - 1, 255));
  const byPair = new Map<number, string[]>();
  const byFirst = new Map<number, string[]>();
  const firsts = new Set(longestFirst.map((text) => text.charCodeAt(0)));
  for (const text of longestFirst) {
    for (let at = 0; at + 2 <= shortest; at++) {
      const index = pair(text, at);
      steps[index] = Math.min(steps[index] as number, shortest - 2 - at);
    }
    listed(byPair, pair(text, shortest - 2)).push(text);
    listed(byFirst, pair(text, 0)).push(text);
  }
  return {
    next(text, from) {
      const end = text.length - 2;
      for (let at = from + shortest - 2; at <= end; ) {
        const index = pair(text, at);
        const step = steps[index] as number;
        if (step > 0) {
          at += step;
          continue;
        }
        const start = at - shortest + 2;
        const found = (byPair.get(index) ?? none).find((one) => text.startsWith(one, start));
        if (found !== undefined) {
          return { start, end: start + found.length };
        }
        at += 1;
      }
      return undefined;
    },
    unfinished(text) {
      for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
        if (at === text.length - 1) {
          return firsts.has(text.charCodeAt(at)) ? at : text.length;
        }
        const begun = byFirst.get(pair(text, at));
        if (begun !== undefined) {
          const end = text.slice(at);
          if (begun.some((one) => one.length > end.length && one.startsWith(end))) {
            return at;
          }
        }
      }
      return text.length;
    },
    texts: longestFirst,
  };
}
