import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalScript, NotAScript } from "../../../src/keys/script.ts";
import { cpuMs } from "../cpu.ts";

/** Lines of a script, without line ends of their own. */
const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n\0\uFEFF]/g, ""));
const lines = fc.array(line, { minLength: 1 });
const trailing = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r\n"), maxLength: 8 });

describe("canonicalScript", () => {
  it.each([
    ["a", "a\n"],
    ["a\n", "a\n"],
    ["a\n\n\n", "a\n"],
    ["a\r\nb\r\n", "a\nb\n"],
    ["a \t\n \t", "a\n"],
    ["\uFEFFa\n", "a\n"],
    ["  a", "  a\n"],
    ["\na", "\na\n"],
    ["a  \nb\t\n", "a  \nb\n"],
    ["a\u00A0", "a\u00A0\n"],
    ["a\v\f", "a\v\f\n"],
    ["", ""],
    ["\r\n \t\n", ""],
    ["\uFEFF", ""],
    ["echo é ✓ 😀", "echo é ✓ 😀\n"],
    ["a\uFEFFb", "a\uFEFFb\n"],
    ["a\rb", "a\rb\n"],
  ])("%j becomes %j", (source, canonical) => {
    expect(canonicalScript(source)).toBe(canonical);
    expect(canonicalScript(Buffer.from(source))).toBe(canonical);
  });

  it.each([
    ["a lone continuation byte", [0x61, 0x80]],
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9]],
    ["an encoded surrogate", [0xed, 0xa0, 0x80]],
    ["UTF-16 with its BOM", [0xff, 0xfe, 0x61, 0x00]],
    ["an overlong slash", [0xc0, 0xaf]],
  ])("refuses bytes that are not UTF-8: %s", (_what, bytes) => {
    expect(() => canonicalScript(Uint8Array.from(bytes))).toThrow(NotAScript);
    expect(() => canonicalScript(Uint8Array.from(bytes))).toThrow(/UTF-8/);
  });

  it("refuses NUL bytes", () => {
    expect(() => canonicalScript("a\0b")).toThrow(/NUL/);
    expect(() => canonicalScript(Buffer.from("a\0b"))).toThrow(NotAScript);
  });

  it("is the same from a Windows checkout, with a BOM and with anything blank behind", () => {
    fc.assert(
      fc.property(lines, trailing, fc.boolean(), (texts, blanks, bom) => {
        const plain = texts.join("\n");
        const odd = `${bom ? "\uFEFF" : ""}${texts.join("\r\n")}${blanks}`;
        expect(canonicalScript(odd)).toBe(canonicalScript(plain));
        expect(canonicalScript(Buffer.from(odd))).toBe(canonicalScript(plain));
      }),
    );
  });

  it("is idempotent", () => {
    fc.assert(
      fc.property(lines, trailing, (texts, blanks) => {
        const once = canonicalScript(`\uFEFF${texts.join("\r\n")}${blanks}`);
        expect(canonicalScript(once)).toBe(once);
      }),
    );
  });

  it("ends with exactly one line end, or is empty", () => {
    fc.assert(
      fc.property(lines, trailing, (texts, blanks) => {
        expect(canonicalScript(texts.join("\n") + blanks)).toMatch(/^(?:|[\s\S]*[^ \t\n]\n)$/);
      }),
    );
  });

  it("tells every other change of the text", () => {
    fc.assert(
      fc.property(lines, lines, (one, other) => {
        const [a, b] = [one.join("\n"), other.join("\n")];
        fc.pre(a.replace(/[ \t\n]+$/, "") !== b.replace(/[ \t\n]+$/, ""));
        expect(canonicalScript(a)).not.toBe(canonicalScript(b));
      }),
    );
  });

  // a regular expression for blanks at the end easily takes time by the square of a run of them
  it("takes a long run of blanks within the second that bad input may take", () => {
    const script = `a${" ".repeat(100_000)}b`;
    expect(cpuMs(() => canonicalScript(script))).toBeLessThan(500);
    expect(canonicalScript(script)).toHaveLength(100_003);
  });
});
