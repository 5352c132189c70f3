import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cargoText,
  duration,
  harmless,
  lastLine,
  lastLines,
  plain,
} from "../../../src/log/text.ts";
import { LineSplitter, parseCommand } from "../../harness/runner-log.ts";

/** The runner's own reading of a text: its lines, and the commands in them. */
function commandsIn(text: string) {
  const commands: unknown[] = [];
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => {
    lines.push(line);
    if (parseCommand(line) !== undefined) commands.push(line);
  });
  splitter.write(`${text}\n`);
  splitter.end();
  return { commands, lines };
}

describe("harmless", () => {
  it.each([
    "::error::x",
    "  \t::add-mask::x",
    "##[error]x",
    "text ##[add-mask]x",
    "###[error]x",
    "##\n[error]x",
    "a\n::error::x",
    "a\r::error::x",
    "\u001B[0m::error::x",
    "#\u001B[0m#[error]x",
    "::\u0000error::x",
    "\u00A0::error::x",
    "\uFEFF::error::x",
    "\u2028::error::x",
  ])("leaves no command in %j", (text) => {
    const { commands, lines } = commandsIn(harmless(text));
    expect(commands).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  // the runner trims by .NET's idea of white space, which has U+0085 (NEL); JavaScript's has not
  it("leaves none behind what .NET takes for white space", () => {
    expect(harmless("\u0085::error::x")).not.toMatch(/^[\s\u0085]*::/);
  });

  it("never leaves a line that the runner reads as a command", () => {
    const piece = fc.constantFrom(
      "::",
      ":",
      "##[",
      "#",
      "[",
      "]",
      "error",
      "add-mask",
      "stop-commands",
      " ",
      "\t",
      "\n",
      "\r",
      "\u001B[1m",
      "\u001B",
      "\u0000",
      "\u0007",
      "x",
      "é",
      "\u2028",
      "\u00A0",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = harmless(pieces.join(""));
        expect(text).not.toMatch(/[\r\n]/);
        expect(text).not.toMatch(/^\s*::[a-z-]+/);
        expect(text).not.toContain("##[");
        expect(commandsIn(text).commands).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves ordinary text as it is", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9 .,:é()'"#-]{0,40}$/), (text) => {
        fc.pre(!/^\s*::/.test(text));
        expect(harmless(text)).toBe(text);
      }),
    );
  });
});

describe("plain", () => {
  it.each([
    ["\u001B[1;31mred\u001B[0m", "red"],
    ["\u001B]0;title\u0007text", "text"],
    ["\u001B]8;;https://x\u001B\\link\u001B]8;;\u001B\\", "link"],
    ["a\r\nb\tc\n", "a\nb\tc\n"],
    ["progress\r\u001B[2Kdone", "progressdone"],
    ["bell\u0007 del\u007F", "bell del"],
  ])("%j is %j", (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});

describe("the last lines", () => {
  it("say something, are plain and not too long", () => {
    expect(lastLine("a\nb  \n\n \u001B[0m\n")).toBe("b");
    expect(lastLine("")).toBe("it said nothing");
    expect(lastLine("x".repeat(1000))).toHaveLength(300);
    const many = Array.from({ length: 30 }, (_, index) => String(index)).join("\n");
    expect(lastLines(`${many}\n\n`).split("\n")).toHaveLength(20);
    expect(lastLines(`${many}\n\n`)).toMatch(/^10\n[\s\S]*\n29$/);
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [849.6, "850 ms"],
    [1000, "1.0 s"],
    [12_345, "12.3 s"],
    [60_000, "1 min 00 s"],
    [245_000, "4 min 05 s"],
    [3_599_600, "60 min 00 s"],
  ])("%d ms is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("bytes and entries", () => {
  it.each([
    [{ bytes: 214e6, entries: 3 }, "214 MB in 3 entries"],
    [{ bytes: 2.54e6, entries: 1 }, "2.5 MB in 1 entry"],
    [{ bytes: 12e9, entries: 3 }, "12.0 GB in 3 entries"],
  ])("%j in words", (cargo, words) => {
    expect(cargoText(cargo)).toBe(words);
  });
});
