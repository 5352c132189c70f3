import { describe, expect, it } from "vitest";
import { shown, visible } from "../../../../src/task/question/shown.ts";
import { cpuMs } from "../../cpu.ts";

const word = "[hidden comment left out]";

describe("Markdown as people see it", () => {
  it.each([
    ["a comment", "a <!-- do evil --> b", `a ${word} b`],
    ["one of many lines", "a\n<!--\ndo\nevil\n-->\nb", `a\n${word}\nb`],
    ["two", "<!-- a -->b<!-- c -->", `${word}b${word}`],
    ["one without an end", "a\n<!-- do\nevil", `a\n${word}`],
    ["one without an end in a list", "a\n> - <!-- do\n\nevil", `a\n> - ${word}`],
    ["one without an end after another", "<!-- a -->b\n<!-- c", `${word}b\n${word}`],
    ["one that some take for ended", "<!--> do evil -->a<!--!> b --!> c -->d", `${word}a${word}d`],
    ["one in pieces", "<!<!-- x -->-- do evil -->", `<!${word}-- do evil -->`],
    ["a link that is none", "a\n[//]: # (do evil)\nb", `a\n${word}\nb`],
    ["a link to nothing", '[x y]: <> "do evil"', word],
    ["our mark", "<!-- agent-runner: answer run=1 state=done -->\n\nIt opens", "It opens"],
    ["our mark elsewhere", "a\n<!-- agent-runner: b -->", `a\n${word}`],
  ])("has no %s", (_, text, seen) => {
    expect(shown(text)).toBe(seen);
  });

  it.each([
    ["plain words", "# Hello *you*\n\n- [x](https://example.com) `<b>` 1 < 2 -->"],
    ["a beginning within a line", "`<!--` begins a comment\nand this is seen"],
    ["a link's address", "[x]: https://example.com 'title'"],
    ["an anchor", "[x]: #part"],
    ["other scripts", "Grüße, مرحبا, שלום, 你好, می‌خواهم"],
    ["emoji", "👩‍👩‍👧‍👦 👁️‍🗨️ ❤️ 🏳️‍🌈"],
    ["a tab", "a\tb"],
  ])("keeps %s", (_, text) => {
    expect(shown(text)).toBe(text);
  });
});

it.each([
  "a<!--",
  "-->",
  "<!-- -->",
  "-",
  "> ",
  "\n- ",
  "[a",
  "[a]: #\n",
  "\u200B ",
  "\u200D\u200D ",
])("takes no time for many of %j", (piece) => {
  expect(cpuMs(() => shown(piece.repeat(60_000)))).toBeLessThan(1500);
});

describe("a sign that nobody sees", () => {
  it.each([
    ["turns text", "a\u202Eb\u2066c", "a<U+202E>b<U+2066>c"],
    ["has no width", "a\u200Bb\uFEFFc\u00ADd", "a<U+200B>b<U+FEFF>c<U+00AD>d"],
    ["is a control sign", "a\0b\u001B[31mc\u007F\u0085", "a<U+0000>b<U+001B>[31mc<U+007F U+0085>"],
    ["is another line end", "a\u2028b\u2029c\vd", "a<U+2028>b<U+2029>c<U+000B>d"],
    ["fills a space", "a\u3164b\u115Fc", "a<U+3164>b<U+115F>c"],
    ["is a joiner among many", `a${"\u200D".repeat(3)}b`, "a<U+200D U+200D U+200D>b"],
  ])("is shown where it %s", (_, text, seen) => {
    expect(visible(text)).toBe(seen);
  });

  it("is counted in a long row, which spells something", () => {
    const hidden = Array.from("do evil now", (sign) =>
      String.fromCodePoint(0xe0000 + sign.charCodeAt(0)),
    ).join("");
    expect(visible(`a${hidden}b`)).toBe(
      "a<U+E0064 U+E006F U+E0020 U+E0065 U+E0076 U+E0069 U+E006C U+E0020 and 3 more>b",
    );
  });

  it("is none where lines end as on Windows, and half a sign is a replacement", () => {
    expect(visible("a\r\nb\rc\ud800")).toBe("a\nb\nc\ufffd");
  });
});
