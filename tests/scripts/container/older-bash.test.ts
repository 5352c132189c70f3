import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What these run in is whatever bash an image has. */
const scripts = [
  ...["container/give.sh", "container/install-agent.sh", "container/start.sh"],
  ...["desktop/install.sh", "desktop/screenshot.sh", "desktop/setup.sh", "desktop/start.sh"],
].map((path): [string, string] => [
  path,
  readFileSync(join(import.meta.dirname, "../../..", path), "utf8")
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n"),
]);

/** What bash 4.2 has not: it does something else, or stops there. */
const newer: [what: string, pattern: RegExp][] = [
  ["4.4: mapfile -d", /\b(?:mapfile|readarray)\b[^\n]* -d/],
  ["4.4: ${name@Q} and its like", /\$\{[\w[\]@*]+@[A-Za-z]\}/],
  ["4.4: local -", /\blocal -(?:\s|$)/m],
  ["4.4: inherit_errexit", /inherit_errexit/],
  ["4.3: name references", /\b(?:declare|local|typeset) -\w*n/],
  ["4.3: wait -n", /\bwait -\w*[nfp]/],
  ["4.3: elements from the end", /\w\[-\d+\]/],
  ["4.3: -v of an element", /\[ -v \w+\[/],
  ["5.0: clocks without a way out", /\$\{?EPOCH(?:REALTIME|SECONDS)(?!-|:-)/],
  ["5.0: BASH_ARGV0", /BASH_ARGV0/],
  ["5.1: SRANDOM", /SRANDOM/],
  ["5.3: ${ command; }", /\$\{[ |]/],
];

describe.each(scripts)("%s", (_, text) => {
  it.each(newer)("has nothing newer than bash 4.2: %s", (_what, pattern) => {
    expect(text.match(pattern)?.[0]).toBeUndefined();
  });

  // before 4.4 an empty list is an unset one, and `set -u` ends the script there
  it("names no list that may be empty bare where unset names end it", () => {
    if (!/^set -\w*u/m.test(text)) return;
    const empty = [...text.matchAll(/\b(\w+)=\(\)/g)].map(([, name]) => name);
    const guarded = /\$\{\w+\[@\]\+"\$\{\w+\[@\]\}"\}/g;
    const bare = text.replaceAll(guarded, "");
    expect(empty.filter((name) => bare.includes(`\${${name}[@]}`))).toEqual([]);
  });
});
