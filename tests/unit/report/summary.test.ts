import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerReport } from "../../../src/report/layer-report.ts";
import { layerReport } from "../../../src/report/layer-report.ts";
import { planTable } from "../../../src/report/plan-table.ts";
import { asText, code, summary } from "../../../src/report/summary.ts";
import { createTimeline } from "../../../src/report/timeline.ts";
import { envContent, layersOf, only, sha } from "../fakes.ts";

const layer = only(layersOf(envContent));
const report = (more: Partial<LayerReport> = {}): LayerReport => ({
  ...layerReport(
    { layer, source: "registry", digest: sha("1"), why: "hit", ms: 2_345.6 },
    undefined,
  ),
  ...more,
});
const empty = { title: "T", facts: [], layers: [], spans: [], warnings: [] };

describe("text from elsewhere", () => {
  it.each([
    ["<img src=x>", /</],
    ["a | b", /\|/],
    ["**bold** _it_ `code` ~~s~~", /[*_`~]/],
    ["[link](https://x)", /[[\]()]/],
    ["@someone #12", /[@](?=s)|#12/],
    ["&lt;b&gt;", /&lt;/],
    ["$x$", /\$/],
    ["a\nb\r\n# c", /[\n\r]/],
  ])("%j is shown as it is", (text, never) => {
    expect(asText(text)).not.toMatch(never);
  });

  // a lone carriage return ends a line of Markdown, too
  it("is on one line, however its lines end", () => {
    expect(asText("a\rb")).not.toMatch(/[\r\n]/);
  });

  // the `#` of an entity must not be escaped again
  it("reads the same once it is rendered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/[\n\r]/.test(text));
        const rendered = asText(text).replace(/&#(\d+);/g, (_, number) =>
          String.fromCharCode(number),
        );
        expect(rendered).toBe(text);
      }),
    );
  });

  it("cannot leave a cell, a code span or the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        fc.pre(!text.includes("\r"));
        expect(asText(text)).not.toMatch(/[<>|`*_[\]\n]/);
        expect(code(text)).toMatch(/^<code>[^<>\n]*<\/code>$/);
      }),
    );
  });
});

describe("the job summary", () => {
  it("has a row a layer: source, time, key and why", () => {
    const text = summary({
      ...empty,
      layers: [
        report(),
        report({ source: "built", why: "not in local; `x` | changed", ms: 90_000 }),
      ],
    });
    const rows = text.split("\n").filter((line) => line.startsWith("| env"));
    expect(rows[0]).toContain("| hit (registry) | 2.3 s |");
    expect(rows[0]).toContain(layer.key.slice(0, 4));
    expect(rows[1]).toContain("| built | 1 min 30 s |");
    for (const row of rows) expect(row.match(/\|/g)).toHaveLength(6);
  });

  it.each([
    ["local", "hit ("],
    ["actions-cache", "hit (Actions cache)"],
    ["none", "missing"],
    ["failed", "build failed"],
  ])("calls the source %s %s", (source, words) => {
    expect(summary({ ...empty, layers: [report({ source })] })).toContain(`| ${words}`);
  });

  it("has facts and warnings, each warning on its line and harmless", () => {
    const text = summary({ ...empty, facts: [["exit code", "7"]], warnings: ["<b>\n@all"] });
    expect(text).toContain("| exit code | 7 |");
    expect(text.split("\n").filter((line) => line.startsWith("- :warning:"))).toHaveLength(1);
    expect(text).not.toMatch(/<b>|@all/);
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
    const lines = planTable([report({ source: "none", why: "would be built" })]).join("\n");
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
