import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnswerMark, answerMark, readAnswerMark } from "../../../src/github/answer-mark.ts";

const mark: AnswerMark = {
  run: "123",
  attempt: 2,
  step: "agent-0123456789ab",
  asked: "issue-comment-77",
  by: "octocat",
  state: "working",
};

describe("the mark of an answer", () => {
  it.each(["octocat", "renovate[bot]", "name_company"])("says of %s what it was given", (by) => {
    expect(readAnswerMark(`${answerMark({ ...mark, by })}\n\ntext`)).toEqual({ ...mark, by });
  });

  it("stands at the beginning, or it is a quotation", () => {
    expect(readAnswerMark(`> ${answerMark(mark)}`)).toBeUndefined();
    expect(readAnswerMark(`text\n${answerMark(mark)}`)).toBeUndefined();
  });

  it.each([
    "",
    "<!-- agent-runner: agent-0123456789ab -->",
    answerMark(mark).replace("working", "thinking"),
    answerMark(mark).replace("run=123", "run=../1"),
  ])("is none in %j", (text) => {
    expect(readAnswerMark(text)).toBeUndefined();
  });

  it("cannot be left by what is in it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (by, step) => {
        const text = answerMark({ ...mark, by, step });
        expect(text).toMatch(/^<!-- [^<>\n]+ -->$/);
        expect(text.slice(4, -3)).not.toContain("-->");
      }),
    );
  });
});
