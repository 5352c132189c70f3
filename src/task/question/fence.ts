import { hash16 } from "../../keys/hash.ts";

/** Puts a text between two lines that it cannot write itself. */
type Fence = (what: string, text: string) => string;

/**
 * The fence for some texts. Its lines bear a word that is made of all of them and stands in none: who writes one of
 * them can neither foresee it nor end what is theirs before its end. Pure.
 */
export function fenceFor(texts: readonly string[]): {
  readonly word: string;
  readonly fence: Fence;
} {
  const all = texts.join("\0");
  let word = hash16(all);
  while (all.includes(word)) {
    word = hash16(`${word}\0${all}`);
  }
  const fence: Fence = (what, text) =>
    `BEGIN ${word}: ${what}\n${text.trimEnd()}\nEND ${word}: ${what}`;
  return { word, fence };
}
