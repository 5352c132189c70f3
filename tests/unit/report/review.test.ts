import { describe, expect, it } from "vitest";
import { reviewOf } from "../../../src/report/review.ts";
import type { ReviewRemark } from "../../../src/settings/review.ts";

const mark = "<!-- agent-runner: review -->";
const diff = [
  "diff --git a/src/a.ts b/src/a.ts",
  ...["--- a/src/a.ts", "+++ b/src/a.ts"],
  ...[
    "@@ -10,4 +10,5 @@ f()",
    " ten",
    "-eleven",
    "-twelve",
    "+new 11",
    "+new 12",
    "+new 13",
    " end",
  ],
  ...["@@ -40,2 +41,2 @@", " x", "-y", "+z"],
  "diff --git a/old.ts b/new.ts",
  ...["similarity index 90%", "rename from old.ts", "rename to new.ts"],
  ...["--- a/old.ts", "+++ b/new.ts", "@@ -1 +1 @@", "-a", "+b"],
  "",
].join("\n");

const remark = (more: Partial<ReviewRemark> = {}): ReviewRemark => ({
  ...{ path: "src/a.ts", line: 12, text: "hm" },
  ...more,
});
const review = (comments: ReviewRemark[], body = "All in all") =>
  reviewOf({ body, comments }, diff);
const places = (comments: ReviewRemark[]) =>
  review(comments).comments.map(({ body: _, ...place }) => place);

describe("a remark", () => {
  it("stands at its line, with our mark", () => {
    expect(review([remark({ side: null, start_line: null, suggestion: null })])).toEqual({
      body: `${mark}\n\nAll in all`,
      comments: [{ path: "src/a.ts", side: "RIGHT", line: 12, body: `${mark}\nhm` }],
      allInBody: `${mark}\n\nAll in all\n\n**<code>src/a.ts:12</code>**\n\nhm`,
    });
  });

  const at = { path: "src/a.ts", side: "RIGHT" };
  it.each<[string, Partial<ReviewRemark>, object]>([
    ["an unchanged line", { line: 14 }, { ...at, line: 14 }],
    ["a deleted line", { line: 11, side: "LEFT" }, { ...at, side: "LEFT", line: 11 }],
    [
      "several lines",
      { start_line: 10, line: 13 },
      { ...at, start_line: 10, start_side: "RIGHT", line: 13 },
    ],
    [
      "several the other way round",
      { start_line: 13, line: 11 },
      { ...at, start_line: 11, start_side: "RIGHT", line: 13 },
    ],
    ["one line as several", { start_line: 12 }, { ...at, line: 12 }],
    ["several across two hunks, at the last", { start_line: 12, line: 42 }, { ...at, line: 42 }],
    ["a path with a dot", { path: "./src/a.ts" }, { ...at, line: 12 }],
    [
      "a file by its old name",
      { path: "old.ts", line: 1 },
      { path: "new.ts", side: "RIGHT", line: 1 },
    ],
  ])("can be about %s", (_, about, place) => {
    expect(places([remark(about)])).toEqual([place]);
  });

  it.each<[string, Partial<ReviewRemark>, string]>([
    ["a line that the diff does not show", { line: 15 }, "src/a.ts:15"],
    ["a line before a hunk", { line: 9 }, "src/a.ts:9"],
    [
      "an unchanged line as a deleted one",
      { line: 10, side: "LEFT" },
      "src/a.ts:10</code>** (before the change)",
    ],
    ["another file", { path: "src/b.ts" }, "src/b.ts:12"],
    ["a path out of the repository", { path: "../../src/a.ts" }, "../../src/a.ts:12"],
    ["no line at all", { line: Number.NaN }, "src/a.ts:NaN"],
    ["half a line", { line: 12.5 }, "src/a.ts:12.5"],
    ["several lines outside", { start_line: 20, line: 22 }, "src/a.ts:20-22"],
  ])("about %s stands in the body, with its place", (_, about, place) => {
    const { comments, body } = review([remark({ ...about, text: "look *there*" })]);
    expect(comments).toEqual([]);
    expect(body).toContain(`**<code>${place}`);
    expect(body).toMatch(/\n\nlook \*there\*$/);
  });

  it("that is said twice is said once; two at one place stand together", () => {
    const { comments } = review([
      remark(),
      remark(),
      remark({ text: "and this" }),
      remark({ line: 13 }),
    ]);
    expect(comments.map(({ line, body }) => [line, body])).toEqual([
      [12, `${mark}\nhm\n\nand this`],
      [13, `${mark}\nhm`],
    ]);
  });

  it("mentions nobody, loads nothing and is no HTML", () => {
    const text = "@octocat #12 <img src=x> ![x](https://evil.example/x.png)";
    const { comments, body, allInBody } = review(
      [remark({ text }), remark({ text, line: 99 })],
      text,
    );
    for (const said of [
      comments[0]?.body.replace(mark, ""),
      body.replace(mark, ""),
      allInBody.replace(mark, ""),
    ]) {
      expect(said).not.toMatch(/@octocat|#12|<img|!\[/);
    }
  });
});

describe("a suggestion", () => {
  const suggested = (suggestion: string, more: Partial<ReviewRemark> = {}) =>
    review([remark({ suggestion, ...more })]);

  it.each([
    ["one\ntwo", "```suggestion\none\ntwo\n```"],
    ["one\n", "```suggestion\none\n```"],
    ["\n", "```suggestion\n\n```"],
    ["```sh\nx\n```", "````suggestion\n```sh\nx\n```\n````"],
    ["a `````` b", "```````suggestion\na `````` b\n```````"],
  ])("%j is a block that nothing in it ends", (suggestion, block) => {
    expect(suggested(suggestion).comments[0]?.body).toBe(`${mark}\nhm\n\n${block}`);
  });

  it("of nothing is none", () => {
    expect(suggested("").comments[0]?.body).toBe(`${mark}\nhm`);
  });

  it("alone needs no text", () => {
    const [comment] = suggested("x", { text: "" }).comments;
    expect(comment?.body).toBe(`${mark}\n\`\`\`suggestion\nx\n\`\`\``);
  });

  it.each<[string, Partial<ReviewRemark>]>([
    ["a deleted line", { side: "LEFT", line: 11 }],
    ["lines of which the diff shows some", { start_line: 12, line: 42 }],
    ["a line outside", { line: 99 }],
  ])("for %s is code, and no button", (_, about) => {
    const { comments, body } = suggested("x", about);
    const said = comments[0]?.body ?? body;
    expect(said).toContain("```\nx\n```");
    expect(said).not.toContain("```suggestion");
    expect(suggested("x").allInBody).not.toContain("```suggestion");
  });

  it("has no control characters, and is not too long", () => {
    expect(suggested("a\u001B[31mb\u0000\r\nc").comments[0]?.body).toContain("\nab\nc\n");
    expect(suggested("x".repeat(30_000)).comments[0]?.body).toContain("left out: it is too long");
  });
});

describe("a review", () => {
  it("has at most fifty remarks at lines, and what GitHub takes in its body", () => {
    const many = Array.from({ length: 80 }, (_, at) =>
      remark({ text: `remark ${at} ${"x".repeat(2_000)}` }),
    );
    const far = many.map((one, at) => ({ ...one, line: 1000 + at }));
    const long = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1,80 @@\n".concat(
      "+x\n".repeat(80),
    );
    const near = many.map((one, at) => ({ ...one, path: "f", line: at + 1 }));
    const { comments, body, allInBody } = reviewOf({ body: "", comments: [...near, ...far] }, long);
    expect(comments).toHaveLength(50);
    for (const text of [body, allInBody]) {
      expect(text.length).toBeLessThanOrEqual(65_536);
      expect(text).toMatch(/\(\d+ more remarks are left out: they are too long\.\)$/);
    }
    expect(body).toContain("f:51</code>");
  });

  it("that would be too large as a whole has the rest in its body", () => {
    const long = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -0,0 +1,40 @@\n".concat(
      "+x\n".repeat(40),
    );
    const near = Array.from({ length: 40 }, (_, at) =>
      remark({ path: "f", line: at + 1, text: "t ".repeat(7_000), suggestion: null }),
    );
    const { comments } = reviewOf({ body: "b", comments: near }, long);
    expect(comments.length).toBeGreaterThan(20);
    expect(comments.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(400_000);
  });

  it("of nothing says so, and one without words of its own says where they are", () => {
    expect(review([], "").body).toBe(`${mark}\n\nThere is nothing to remark.`);
    expect(review([remark()], " ").body).toBe(`${mark}\n\nThe remarks are at their lines.`);
  });

  it("without a diff is all in its body", () => {
    const { comments, body } = reviewOf({ body: "b", comments: [remark()] }, "");
    expect(comments).toEqual([]);
    expect(body).toContain("src/a.ts:12");
  });
});
