import { describe, expect, it } from "vitest";
import type { StartImage } from "../../../src/images/ladder.ts";
import type { Ask } from "../../../src/policy/ask.ts";
import {
  answerText,
  askedText,
  endText,
  killedText,
  refusalText,
  workingText,
} from "../../../src/report/answer.ts";
import { commentWay, type Told } from "../../../src/report/comment.ts";

const step = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "octo-org/demo",
  GITHUB_RUN_ID: "42",
};
const link = "https://github.com/octo-org/demo/actions/runs/42";
const ask: Ask = {
  asked: { kind: "issue-comment", id: 1 },
  by: "octocat",
  number: 7,
  isPullRequest: true,
  question: "why does the build fail?",
  text: "/agent why does the build fail?",
  at: "2026-11-28T19:54:47Z",
  head: undefined,
  url: "https://github.com/octo-org/demo/pull/7#issuecomment-1",
};
const pull = {
  head: { sha: "a1b2c3d4".repeat(5), ref: "topic", repository: "octo-org/demo" },
  movedTo: undefined,
};
const told: Told = {
  conclusion: "success",
  failure: undefined,
  exitCode: 0,
  image: { source: "local" } as StartImage,
  agent: { message: "It **fails** because of `x`.", usage: { cost: 0.5, turns: 3 } },
};

describe("the question, repeated", () => {
  it("has a link to itself and mentions nobody", () => {
    expect(askedText(ask, step)).toBe(
      `> **octocat** [asked:](${ask.url})\n>\n> why does the build fail?`,
    );
  });

  it("is its beginning", () => {
    const question = `\n${"x".repeat(1000)}\n\ntwo\nthree\nfour`;
    const lines = askedText({ ...ask, question }, step).split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[2]).toMatch(/^> x{199}…$/);
    expect(lines.slice(3)).toEqual(["> two", "> three", "> …"]);
  });

  it("cannot leave its place", () => {
    const question = "```\n<img src=x> @octocat\n![x](http://evil.example)";
    const text = askedText({ ...ask, question, by: "a](x) @b", url: "javascript:1" }, step);
    expect(text.split("\n").every((line) => line.startsWith(">"))).toBe(true);
    expect(text.split("\n").at(-1)).toBe("> ```"); // closed again
    expect(text).not.toMatch(/javascript|\]\(x\)/);
  });

  it.each([
    "https://evil.example/octo-org/demo",
    "https://github.com.evil.example/",
    "https://github.com/a) [x](b",
    undefined,
  ])("has no link to %s", (url) => {
    expect(askedText({ ...ask, url }, step)).toMatch(/^> \*\*octocat\*\* asked:\n/);
  });

  it("is what was done where nothing was written", () => {
    const nothing = { ...ask, question: "", url: undefined };
    const label = { kind: "label", name: "<agent>" } as const;
    expect(askedText({ ...nothing, asked: label }, step)).toBe(
      "> **octocat** set the label <code>&#60;agent&#62;</code>",
    );
    const assignment = { kind: "assignment", login: "robot" } as const;
    expect(askedText({ ...nothing, asked: assignment }, step)).toBe(
      "> **octocat** assigned <code>robot</code>",
    );
  });
});

describe("an answer's text", () => {
  it("begins with the mark, and has no hole without a question", () => {
    expect(answerText("<!-- m -->", "> q", "a")).toBe("<!-- m -->\n\n> q\n\na");
    expect(answerText("<!-- m -->", "", "a")).toBe("<!-- m -->\n\na");
  });

  it.each(["x", "é", "😀"])("of too many %s is cut, with a word", (sign) => {
    const text = answerText("<!-- m -->", "> q", sign.repeat(70_000));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toMatch(/The rest is left out: it is too long for a comment\.$/);
    expect(text).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
    expect(answerText("m", "q", sign.repeat(10_000))).not.toContain("left out");
  });
});

describe("what an answer says", () => {
  it("at the beginning: where it can be watched, and on what", () => {
    expect(workingText(pull, step)).toBe(
      `**Working on it**, at <code>a1b2c3d</code>. [The run](${link}) shows how far it is.`,
    );
    expect(workingText(undefined, {})).toBe("**Working on it**.");
    expect(workingText({ ...pull, movedTo: "f".repeat(40) }, step)).toMatch(
      /The branch has moved on to <code>fffffff<\/code> since it was asked: that is not looked at\.$/,
    );
  });

  it("at the end: the agent's words first, what became of its changes, and what ran", () => {
    const handedOver = "Committed as [`abc`](x): 2 files changed.";
    expect(endText({ agent: "claude" }, { ...told, handedOver }, 61_000, pull, step)).toBe(
      [
        "It **fails** because of `x`.",
        handedOver,
        `---\n<sub>ran: claude, exit code 0, 1 min 01 s in all · $0.50, 3 turns · image from local · [the run](${link}) · at <code>a1b2c3d</code></sub>`,
      ].join("\n\n"),
    );
  });

  it("at the end of a failure: that, and why, before what the agent has said so far", () => {
    const failure = { message: "claude: rate limit (<b>slow</b>); run it again later" };
    const text = endText({}, { ...told, conclusion: "failure", failure }, 10, undefined, step);
    const [head, why, message] = text.split("\n\n");
    expect(head).toBe("**Agent Runner: failure**");
    expect(why).toMatch(/^<code>claude&?.*&#60;b&#62;/);
    expect(message).toBe("It **fails** because of `x`.");
  });

  it("at the end of a task that said nothing", () => {
    const quiet = { ...told, agent: undefined };
    expect(endText({}, quiet, 10, undefined, step)).toMatch(
      /^\*\*Done\.\*\*\n\n---\n<sub>ran: a c/,
    );
  });

  it.each([
    ["code that is not closed", "```\nrm -rf", "```\nrm -rf\n```"],
    ["code in a list, which may go on", "- x\n  ```\n  rm", "> - x\n>   ```\n>   rm"],
    ["HTML", "<details>", "&lt;details>"],
    ["a mention", "@octocat", "@<!-- -->octocat"],
  ])("keeps %s in its place", (_, message, shown) => {
    const text = endText({}, { ...told, agent: { message } }, 10, undefined, step);
    expect(text.split("\n\n---\n")[0]).toBe(shown);
  });

  it("of a refusal: one sentence, in which only ours is Markdown", () => {
    const why = "**mallory** @x has `read` here, see https://evil.example `";
    expect(refusalText(why, step)).toBe(
      `**Nothing was started:** &#42;&#42;mallory&#42;&#42; &#64;<!-- -->x has <code>read</code> here, see https:<!-- -->//evil.example &#96;. <sub>[this run](${link})</sub>`,
    );
  });

  it("of a refusal with a page that shows why", () => {
    const url = "https://github.com/octo-org/demo/pull/7#issuecomment-2";
    expect(refusalText("busy", step, { name: "its answer", url })).toContain(
      `<sub>[its answer](${url}) · [this run]`,
    );
    const other = { name: "its answer", url: "https://evil.example" };
    expect(refusalText("busy", step, other)).not.toContain("evil");
  });

  it("of a run that was killed", () => {
    expect(killedText(step)).toBe(
      `**The run was ended before it could answer.** [The run](${link}) shows how far it came.`,
    );
  });
});

describe("the way a pull request is told", () => {
  it.each([
    [undefined, true, "answer"],
    [undefined, false, "none"],
    [true, true, "answer"],
    [true, false, "sticky"],
    ["sticky", true, "sticky"],
    ["sticky", false, "sticky"],
    [false, true, "none"],
    [false, false, "none"],
  ] as const)("with `comment: %s`, asked: %s, is %s", (setting, asked, way) => {
    expect(commentWay(setting, asked)).toBe(way);
  });
});
