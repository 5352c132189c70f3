import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { lastWords, oneLine, plain } from "../../../src/log/text.ts";
import { quoted } from "../../../src/report/summary.ts";
import { cpuMs } from "../cpu.ts";

const token = "sk-live/t0p+secret~9?x";
const redact = (text: string, ...secrets: string[]) => createRedactor(secrets).redact(text);

describe("a secret is replaced", () => {
  it.each<[string, string, string]>([
    ["as it is", `a ${token} b`, "a *** b"],
    ["twice", `${token}${token}`, "******"],
    ["in JSON", JSON.stringify({ a: 'quo"ted\\value' }), '{"a":"***"}'],
    [
      "in JSON in JSON",
      JSON.stringify(JSON.stringify({ a: 'quo"ted\\value' })),
      '"{\\"a\\":\\"***\\"}"',
    ],
    ["in a URL", `https://h/?t=${encodeURIComponent(token)}&b`, "https://h/?t=***&b"],
    ["in a URL with small letters", "t=sk-live%2ft0p%2bsecret~9%3fx", "t=***"],
    ["in a form", `t=${new URLSearchParams([["", token]]).toString().slice(1)}`, "t=***"],
    ["as a shell quotes it", "+ echo 'it'\\''s-quoted'", "+ echo '***'"],
    ["without the blanks around it", "x=padded-value;", "x=***;"],
  ])("%s", (_how, text, expected) => {
    expect(redact(text, token, 'quo"ted\\value', "it's-quoted", "  padded-value\n")).toBe(expected);
  });

  it.each(["", "u", "us", "user:", "x-access-token:"])("in base64 behind %j", (before) => {
    for (const after of ["", "\n", "&more"]) {
      for (const alphabet of ["base64", "base64url"] as const) {
        const encoded = Buffer.from(`${before}${token}${after}`).toString(alphabet);
        const told = redact(`Basic ${encoded}.`, token);
        expect(told).toMatch(/^Basic [\w+/=-]*\*{3}[\w+/=-]*\.$/);
        // beside it are at most the characters that have bits of it and of its neighbours
        const left = told
          .replace(/^Basic |\.$/g, "")
          .split("***")
          .map((text) => text.length);
        expect(left[0]).toBeLessThanOrEqual(Math.ceil((before.length * 8) / 6));
        expect(left[1]).toBeLessThanOrEqual(Math.ceil((after.length * 8) / 6) + 4);
      }
    }
  });

  it("in base64 that is cut into lines", () => {
    const long = Array.from({ length: 40 }, (_, index) => `${index}-part`).join("/");
    for (const length of [64, 76]) {
      const encoded = Buffer.from(`${long}\n`).toString("base64");
      const lines = encoded.match(new RegExp(`.{1,${length}}`, "g")) ?? [];
      const told = redact(lines.join("\n"), long).split("\n");
      expect(told).toHaveLength(lines.length);
      expect(told.slice(0, -1).every((line) => line === "***")).toBe(true);
      expect(told.at(-1)).toMatch(/^\*{3}.{0,4}$/);
    }
  });

  it("line by line where it has several, and no `}` with it", () => {
    const value = '{\n  "private": "abc-1234",\n  "id": 7\n}\n';
    expect(redact('x "private": "abc-1234", y\n}\n', value)).toBe("x *** y\n}\n");
    expect(redact(`<${value}>`, value)).toBe("<***\n>");
  });

  it("as one piece where two overlap, and by the longer where one is a part of the other", () => {
    expect(redact("xabcdefghix", "abcdef", "defghi")).toBe("x***x");
    expect(redact("abcdef-long abcdef", "abcdef", "abcdef-long")).toBe("*** ***");
  });

  it("also where a message was cut in it", () => {
    expect(redact(oneLine(`key ${token}, wrong`, 15), token)).toBe("key ***…");
    const words = lastWords(`${token}${"x".repeat(190)}`);
    expect(words).toMatch(/^…[^x]/);
    expect(redact(words, token)).toBe(`…***${"x".repeat(190)}`);
    expect(redact("docker… and …docker", token)).toBe("docker… and …docker");
  });
});

it("leaves short values alone, or `1` and `debug` would vanish from the job", () => {
  expect(redact("debug 1 true", "debug", "1", " true \n", "")).toBe("debug 1 true");
});

it("answers the lines that the runner is to mask, and never a short one", () => {
  const redactor = createRedactor();
  expect(redactor.learn(["debug", "{\n  first-line\n}\nsecond-line\r\n"])).toEqual([
    "first-line",
    "second-line",
  ]);
  expect(redactor.learn(["second-line", "third-line"])).toEqual(["third-line"]);
  expect(redactor.redact("second-line, third-line")).toBe("***, ***");
});

it("hides one that escapes and control characters part, of which nothing is left where it is shown", () => {
  const parted = ["a \u001b[1msk-live/\u001b[0mt0p+secret~9?x b", "sk-live/\u0007t0p+secret~9?x"];
  for (const text of parted) {
    const told = redact(text, token);
    expect(told).toContain("***");
    expect(quoted(told)).not.toContain(token);
    expect(redact(oneLine(text, 200), token)).toBe(plain(told));
  }
  expect(redact("\u001b[1mbold\u001b[0m", token)).toBe("\u001b[1mbold\u001b[0m");
});

describe("hides a value as other programs write it", () => {
  // a value of each kind of sign: `env` has it as SECRET
  const value = "a/b c'd\"e$f`g&h~i(j)k=l@m:n,o;p?q#r%s\\t!u*v+w";
  const strict =
    "a%2Fb%20c%27d%22e%24f%60g%26h~i%28j%29k%3Dl%40m%3An%2Co%3Bp%3Fq%23r%25s%5Ct%21u%2Av%2Bw";
  const inPath = value.replace(/[?#\\]/g, "");
  const inQuery = value.replace("#", "");
  it.each([
    ["encodeURI", encodeURI(value), value],
    ["encodeURIComponent", encodeURIComponent(value), value],
    ["Python's quote", strict.replaceAll("%2F", "/"), value],
    ["Python's quote_plus", strict.replaceAll("%20", "+"), value],
    ["Go's PathEscape", strict.replace(/%(?:24|26|2B|3D|3A|40)/g, decodeURIComponent), value],
    ["Go's UserPassword", strict.replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent), value],
    ["a login", Object.assign(new URL("http://u@h"), { password: value }).href, value],
    ["a path", new URL(`http://h/x/${inPath}`).href, inPath],
    ["a query", new URL(`http://h/?x=${inQuery}`).href, inQuery],
  ])("in a URL: %s", (_how, said, secret) => {
    expect(redact(said, secret)).toContain("***");
  });
});

it("learns a long value of many lines that begin alike in little time", () => {
  const lines = Array.from({ length: 2_000 }, (_, index) => `export NAME_${index}=value`);
  const took = cpuMs(() => {
    const redactor = createRedactor([lines.join("\n")]);
    expect(redactor.redact("a export NAME_7=value b")).toBe("a *** b");
  });
  expect(took).toBeLessThan(4_000);
});

describe("bytes that come in pieces", () => {
  const all = (pieces: readonly (Buffer | string)[], ...secrets: string[]) => {
    const hidden = createRedactor(secrets).pieces();
    const out = [
      ...pieces.map((piece) => hidden.take(Buffer.from(piece as string))),
      hidden.rest(),
    ];
    return Buffer.concat(out);
  };

  it("are passed on as they came where nothing is secret", () => {
    const piece = Buffer.from("x");
    expect(createRedactor().pieces().take(piece)).toBe(piece);
    expect(createRedactor([token]).pieces().take(piece)).toBe(piece);
  });

  it("wait only while they may be the beginning of a secret", () => {
    const hidden = createRedactor(["secret-value"]).pieces();
    expect(String(hidden.take(Buffer.from("a prompt> ")))).toBe("a prompt> ");
    expect(String(hidden.take(Buffer.from("secret-")))).toBe("");
    expect(String(hidden.take(Buffer.from("free\n")))).toBe("secret-free\n");
    expect(String(hidden.take(Buffer.from("sec")))).toBe("");
    expect(String(hidden.rest())).toBe("sec");
  });

  it("keep what is no UTF-8", () => {
    const binary = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xfe]);
    expect(all([binary, "ünïcode-secret", binary], "ünïcode-secret")).toEqual(
      Buffer.concat([binary, Buffer.from("***"), binary]),
    );
  });

  it("give the same however they are cut", () => {
    // few letters, so that secrets overlap and begin in each other
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n", "é"), maxLength: 60 });
    const secret = fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 6, maxLength: 9 });
    fc.assert(
      fc.property(
        letters,
        fc.array(secret, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(70)),
        (text, secrets, cuts) => {
          const bytes = Buffer.from(text);
          const places = [0, ...cuts.filter((at) => at < bytes.length), bytes.length];
          places.sort((one, other) => one - other);
          const pieces = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
          expect(all(pieces, ...secrets).toString()).toBe(redact(text, ...secrets));
        },
      ),
    );
  });
});

it("leaves no secret of any kind in any text, and all that is beside them", () => {
  // any but a half of a pair; the library's own list of them takes seconds to be made
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0x2ff }),
    fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
  );
  const secret = fc
    .string({
      unit: codePoint.map((code) => String.fromCodePoint(code)),
      minLength: 6,
      maxLength: 40,
    })
    .filter((value) => value.trim().length >= 6 && !value.includes("*"));
  const plain = fc.string({ unit: fc.constantFrom("0", " ", "\n"), maxLength: 9 });
  fc.assert(
    fc.property(secret, plain, plain, (value, before, after) => {
      const shown = value.trim();
      fc.pre(!`${before}${after}`.includes(shown));
      const forms = [
        shown,
        JSON.stringify(shown).slice(1, -1),
        encodeURIComponent(shown.toWellFormed()),
        Buffer.from(shown).toString("base64"),
        Buffer.from(shown).toString("base64url"),
      ];
      const redactor = createRedactor([value]);
      for (const form of forms) {
        const told = redactor.redact(`${before}|${form}|${after}`);
        expect(told).not.toContain(form);
        expect(told.startsWith(`${before}|`) && told.endsWith(`|${after}`)).toBe(true);
      }
    }),
  );
});

it("finds what a plain search finds", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 6, maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 80 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), text, (words, given) => {
      const told = redact(given, ...words);
      expect(told.includes("***")).toBe(words.some((one) => given.includes(one)));
      expect(words.some((one) => told.includes(one))).toBe(false);
    }),
  );
});
