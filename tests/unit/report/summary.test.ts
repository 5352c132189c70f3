import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  built,
  foundIn,
  type LayerOutcome,
  notBuilt,
  notFound,
} from "../../../src/images/outcome.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { code } from "../../../src/report/markdown.ts";
import { planTable } from "../../../src/report/plan-table.ts";
import { firstOf, quoted, summary } from "../../../src/report/summary.ts";
import { envContent, layersOf, only, sha } from "../fakes.ts";

const layer = only(layersOf(envContent));
const registry = { name: "registry", title: "the registry" };
const found = foundIn(registry, layer, { digest: sha("1"), ms: 2_345.6 });
const missing = (why: string) => notFound(layer, why);
const empty = { title: "T", facts: [], layers: [], spans: [], warnings: [] };

/** Text as GitHub's Markdown hands it on: entities are read, comments are dropped. */
const read = (text: string) =>
  text
    .replaceAll("<!-- -->", "")
    .replace(/&#(\d+);/g, (_, number) => String.fromCharCode(Number(number)));

/** Where GitHub looks for mentions, issues and links: everywhere but in code and preformatted text. */
const searched = (markdown: string) =>
  read(markdown.replace(/<code>[\s\S]*?<\/code>|<pre>[\s\S]*?<\/pre>/g, " "));

const nobody =
  "@octocat @octo-org/team octo-org/demo#12 #12 GH-12 https://evil.example www.evil.example";

describe("text from elsewhere", () => {
  it.each([
    ["<img src=x>", /<(?!\/?code>)/],
    ["a | b", /\|/],
    ["**bold** _it_ `code` ~~s~~", /[*_`~]/],
    ["[link](https://x)", /[[\]()]/],
    ["@someone #12", /[@](?=s)|#12/],
    ["&lt;b&gt;", /&lt;/],
    ["$x$", /\$/],
    ["a\nb\r\n# c", /[\n\r]/],
  ])("%j is shown as it is", (text, never) => {
    expect(code(text)).not.toMatch(never);
  });

  // GitHub reads an entity before it looks for mentions: `&#64;octocat` outside of code mentions
  it("is code, where GitHub looks for nobody", () => {
    expect(searched(code(nobody)).trim()).toBe("");
  });

  // what cmark-gfm's autolinks look for, also between <code> and </code>, and for addresses after entities
  it.each([
    "https://evil.example",
    "x http://evil.example/@octocat",
    "ftp://evil.example",
    "www.evil.example",
    "WWW.evil.example",
    "a@evil.example",
    "mailto:a@evil.example",
  ])("is no link for Markdown: %s", (text) => {
    const pieces = code(text)
      .split(/<.*?>/)
      .map((piece) => read(piece));
    for (const piece of pieces) expect(piece).not.toMatch(/:\/\/|www\.|@[a-z0-9]/i);
    expect(pieces.join("")).toBe(text);
  });

  // a lone carriage return ends a line of Markdown, too
  it("is on one line, however its lines end", () => {
    expect(code("a\rb")).toBe("<code>a b</code>");
  });

  // what JavaScript takes for the end of a line is none for Markdown
  it("keeps a line separator", () => {
    expect(code("a\u2028b")).toBe("<code>a\u2028b</code>");
  });

  // the `#` of an entity must not be escaped again
  it("reads the same once it is rendered", () => {
    const piece = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("://", "www.", "@", "&#64;", "<!-- -->", "<code>", "</code>", "|"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join("");
        fc.pre(!/[\n\r]/.test(text));
        const [, inside = ""] = /^<code>([\s\S]*)<\/code>$/.exec(code(text)) ?? [];
        expect(read(inside)).toBe(text);
      }),
    );
  });

  it("cannot leave a cell or the code", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        fc.pre(!text.includes("\r"));
        const shown = code(text).replaceAll("<!-- -->", "");
        expect(shown).toMatch(/^<code>[^<>|`*_[\]\n]*<\/code>$/);
      }),
    );
  });

  it("is cut where it would be longer than a summary can take", () => {
    expect(read(code("x".repeat(5_000)))).toBe(`<code>${"x".repeat(1_999)}…</code>`);
    expect(code("x".repeat(2_000))).not.toContain("…");
  });
});

describe("an agent's answer", () => {
  it("keeps its Markdown, and addresses nobody, loads nothing and is no HTML", () => {
    const text = quoted(
      "**Done** @octocat in #12\n\n<img src=x> ![x](https://evil.example/x.png)\n- a",
    );
    expect(text.split("\n").every((line) => line.startsWith(">"))).toBe(true);
    expect(text).toContain("**Done**");
    expect(text).not.toMatch(/@octocat|#12|<img|!\[/);
  });

  it("keeps code as it is, in fences and in a line", () => {
    const text =
      "Use `List<T>` of `@scope/x`.\n\n```ts\nconst a: List<T> = b && c; // @you\n```\n\n<b>";
    expect(quoted(text)).toBe(
      "> Use `List<T>` of `@scope/x`.\n> \n> ```ts\n> const a: List<T> = b && c; // @you\n> ```\n> \n> &lt;b>",
    );
    expect(quoted("a@b.example")).toBe("> a@b.example");
  });

  it.each([
    ["a span over two lines", "`a\nb` <img> `c"],
    ["a span that is none", "\\`<img>`"],
    ["a fence in a list", "- ```\n  ```\n\n   ```\n```\n<img>"],
    ["more marks than were opened with", "``a` <img> ``"],
    ["behind a fence", "````\n```\n````\n<img>"],
  ])("takes nothing for code that may be none: %s", (_, text) => {
    const shown = quoted(text);
    expect(shown.includes("<img>") && !shown.includes("``a` <img> ``")).toBe(false);
  });

  it("is cut so that it fits as it is written, with its fence closed", () => {
    expect(quoted("<".repeat(50_000)).length).toBeLessThan(20_100);
    const long = quoted(`\`\`\`\n${"line\n".repeat(10_000)}\`\`\``);
    expect(long.length).toBeLessThan(40_100);
    expect(long.split("\n").slice(-3)).toEqual(["> ```", "> ", "> …"]);
  });

  it("stands first, before the facts", () => {
    const text = summary({ ...empty, answer: "Yes.", facts: [["exit code", "0"]] });
    expect(text).toMatch(/^## T\n\n> Yes\.\n\n<table>/);
  });
});

describe("the job summary", () => {
  it("has a row a layer: source, time, key and why", () => {
    const text = summary({
      ...empty,
      layers: [
        found,
        built(layer, { why: "not in local; `x` | changed", ms: 90_000, digest: sha("1") }),
      ],
    });
    const rows = text.split("\n").filter((line) => line.startsWith("| environment image"));
    expect(rows[0]).toContain("| found in the registry | 2.3 s |");
    expect(rows[0]).toContain(layer.key.slice(0, 4));
    expect(rows[1]).toContain("| built | 1 min 30 s |");
    for (const row of rows) expect(row.match(/\|/g)).toHaveLength(6);
  });

  it.each<[LayerOutcome, string]>([
    [foundIn({ name: "x", title: "the X" }, layer, { digest: "", ms: 1 }), "found in the X"],
    [missing("nowhere"), "missing"],
    [notBuilt(layer, "broken", 1), "build failed"],
  ])("says what became of it", (outcome, words) => {
    expect(summary({ ...empty, layers: [outcome] })).toContain(`| ${words} |`);
  });

  it("has facts and warnings, each warning on its line and harmless", () => {
    const text = summary({ ...empty, facts: [["exit code", "7"]], warnings: ["<b>\n@all"] });
    expect(text).toContain("<tr><td>exit code</td><td>7</td></tr>");
    expect(text.split("\n").filter((line) => line.startsWith("- :warning:"))).toHaveLength(1);
    expect(text).not.toMatch(/<b>|@all/);
  });

  it("has nothing from elsewhere where GitHub looks for mentions, issues and links", () => {
    const text = summary({
      ...empty,
      layers: [missing(nobody)],
      warnings: [nobody],
      tail: `${nobody}\n\n${nobody}\n`,
    });
    expect(searched(text)).not.toMatch(/@|octo|#12|GH-12|evil|www/);
    expect(read(text).split("@octocat")).toHaveLength(5);
  });

  // a blank line ends the HTML block, and what follows would be Markdown
  it.each([
    ["nothing", ""],
    ["spaces", "   "],
    ["a tab", "\t"],
    ["a tab between spaces", " \t "],
    ["a no-break space", "\u00A0"],
    ["a form feed", "\f"],
    ["wide blanks", "\u3000\u2003"],
    ["a colour", "\u001B[0m "],
  ])("has no blank line in the last output for a line of %s", (_what, blank) => {
    const text = summary({ ...empty, tail: `first\n${blank}\n# @octocat\n` });
    const [, block = ""] = /<details>([\s\S]*)<\/details>/.exec(text) ?? [];
    expect(block).toContain("first\n&#8203;\n&#35; &#64;octocat");
    expect(block.slice(1, -1)).not.toMatch(/^\s*$/m);
  });

  it("shows twenty warnings and says how many more there are", () => {
    const warnings = Array.from({ length: 23 }, (_, index) => `no. ${index}.`);
    const lines = summary({ ...empty, warnings }).split("\n");
    expect(lines.filter((line) => line.startsWith("- :warning: <code>no. "))).toHaveLength(20);
    expect(lines).toContain("- and 3 more");
  });

  // above 1 MiB GitHub shows nothing at all
  it("stays below GitHub's limit, and leaves out whole parts", () => {
    const wide = "\u3000@".repeat(20_000);
    const text = summary({
      ...empty,
      facts: [["exit code", "7"]],
      layers: Array.from({ length: 100 }, () => missing(wide)),
      warnings: ["short"],
      tail: "the end",
    });
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toContain("<tr><td>exit code</td><td>7</td></tr>");
    expect(text).not.toContain("| image |");
    expect(text).toContain("<code>short</code>");
    expect(text).toContain("<pre>\nthe end\n</pre>");
    expect(text).toMatch(/is left out.*\n$/);
  });

  it("stays below it with the worst there can be of lists and output", () => {
    const wide = "\u3000@".repeat(20_000);
    const text = summary({
      ...empty,
      facts: [["artifacts", firstOf(Array.from({ length: 99 }, () => code(wide))).join(", ")]],
      layers: Array.from({ length: 3 }, () => missing(wide)),
      warnings: Array.from({ length: 99 }, () => wide),
      tail: "\u3000@\n".repeat(40_000),
    });
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/^## T\n\n<table>/);
  });

  it("leaves out what there is nothing of", () => {
    expect(summary(empty)).toBe("## T\n");
  });

  it("draws the run as a gantt chart that Mermaid can read", () => {
    const spans = [
      { name: "resolve base", start: 0, end: 120.4 },
      { name: "publish env: x; #y", start: 120.4, end: 120.4 },
    ];
    const lines = summary({ ...empty, spans }).split("\n");
    expect(lines).toEqual(expect.arrayContaining(["```mermaid", "gantt", "  dateFormat x", "```"]));
    const bars = lines.filter((line) => / : \d/.test(line));
    expect(bars).toHaveLength(2);
    for (const bar of bars) {
      // one colon, no comment or separator in the name, and a width
      expect(bar).toMatch(/^ {2}[^:;#%]+ : \d+, \d+$/);
      const [from = 0, to = 0] = bar.match(/\d+(?=,|$)/g)?.map(Number) ?? [];
      expect(to).toBeGreaterThan(from);
    }
  });
});

describe("the plan as a table", () => {
  it("has key, image, where it comes from and every component in full", () => {
    const lines = planTable([missing("would be built")]).join("\n");
    for (const text of [layer.key, layer.reference, "would be built"])
      expect(lines).toContain(text);
    for (const { name, sha256 } of layer.components) {
      expect(lines).toMatch(new RegExp(`${name}\\s+${sha256}`));
    }
    expect(planTable([])).toEqual([expect.stringMatching(/nothing is cached/)]);
  });
});

describe("the timeline", () => {
  it("has closed spans in the order they began, in milliseconds since the start", async () => {
    let now = 1000;
    const timeline = createTimeline(() => now);
    const outer = timeline.start("outer");
    now = 1010;
    const inner = timeline.start("inner");
    const open = timeline.start("never ends");
    now = 1030;
    expect(inner.end()).toBe(20);
    now = 1040;
    expect(inner.end()).toBe(20);
    expect(outer.end()).toBe(40);
    const failing = timeline.measure("fails", async () => {
      now = 1050;
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(timeline.spans()).toEqual([
      { name: "outer", start: 0, end: 40 },
      { name: "inner", start: 10, end: 30 },
      { name: "fails", start: 40, end: 50 },
    ]);
    expect(timeline.elapsed()).toBe(50);
    expect(open.end()).toBe(40);
    expect(timeline.spans()).toHaveLength(4);
  });
});
