/** One way in that a server offers with a 401; names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

// The grammar of RFC 9110, section 11.6.1. Both what separates schemes and what separates the
// parameters of one is a comma: a word is a parameter when a `=` and a value follow, a scheme when it
// comes after a comma without, and else a scheme's token68 (`Negotiate YII=`), which nobody here reads.
const token = "[\\w!#$%&'*+.^`|~-]+";
// a URL without quotes is malformed, and seen all the same
const value = `"(?<quoted>(?:[^"\\\\]|\\\\.)*)"|(?<plain>[^ \\t,"=][^ \\t,"]*)`;
const item = new RegExp(
  `(?<separator>^|[ \\t,]+)(?:(?<name>${token})[ \\t]*=[ \\t]*(?:${value})|(?<word>[^ \\t,]+))`,
  "gy",
);

/**
 * Reads `WWW-Authenticate`: all challenges, in the server's order. Several header lines may be joined
 * by commas. What is malformed is left out.
 */
export function parseChallenges(header = ""): readonly Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const { groups = {} } of header.trim().matchAll(item)) {
    const { separator = "", name, quoted, plain = "", word } = groups;
    if (name !== undefined) {
      const text = quoted?.replace(/\\(.)/g, "$1") ?? plain;
      found.at(-1)?.parameters.set(name.toLowerCase(), text);
    } else if (word !== undefined && (separator === "" || separator.includes(","))) {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
    }
  }
  return found;
}
