import { describe, expect, it } from "vitest";
import type { ApiProblem } from "../../../src/agents/agent.ts";
import {
  whatIsWrongWithAnswer,
  whyAgentFailed,
  whyTooDear,
} from "../../../src/task/agent-failure.ts";

const none = new Map<string, string>();

describe("why an agent failed", () => {
  it.each<[ApiProblem["kind"], RegExp]>([
    ["wrong key", /check the secret that is given as ANTHROPIC_API_KEY$/],
    ["rate limit", /run it again later/],
    ["no credit", /add credit/],
    ["overloaded", /run it again later$/],
    ["connection", /check the network and the proxy/],
    ["other", /the transcript has all it said$/],
  ])("%s is told in one line with what to do", (kind, advice) => {
    const message = `the API's words\n${"x".repeat(1_000)}`;
    const told = whyAgentFailed("claude", { problem: { kind, message } }, none) ?? "";
    expect(told).toMatch(new RegExp(`^claude: ${kind} \\(the API's words x+…\\); `));
    expect(told).toMatch(advice);
    expect(told.length).toBeLessThanOrEqual(300);
    expect(told).not.toContain("\n");
  });

  it("is what the tool says where the API is not to blame", () => {
    expect(whyAgentFailed("claude", { failed: "it reached its limit of turns" }, none)).toBe(
      "claude failed: it reached its limit of turns",
    );
    expect(whyAgentFailed("claude", {}, none)).toBeUndefined();
    expect(whyAgentFailed("claude", undefined, none)).toBeUndefined();
  });
});

describe("a run that cost more than it may", () => {
  it("is told where its tool did not end it", () => {
    expect(whyTooDear({ usage: { cost: 2.5001 } }, 2.5)).toMatch(
      /cost \$2\.5001, .* is 2\.5: its tool did not end it$/,
    );
  });

  it.each([
    ["it is the limit", { usage: { cost: 2.5 } }],
    ["nobody knows", { usage: { turns: 3 } }],
    ["it is told already", { usage: { cost: 9 }, failed: "it reached the limit" }],
    ["there was none", undefined],
  ])("is not told where %s", (_, run) => {
    expect(whyTooDear(run, 2.5)).toBeUndefined();
  });
});

describe("an answer in a form", () => {
  const schema = JSON.stringify({
    type: "object",
    properties: { labels: { type: "array", items: { type: "string" } } },
    required: ["labels"],
  });

  it("is right, or the place where it is not is named", () => {
    expect(whatIsWrongWithAnswer({ labels: ["bug"] }, schema)).toBeUndefined();
    expect(whatIsWrongWithAnswer({ labels: [1] }, schema)).toMatch(/^labels\.0: /);
    expect(whatIsWrongWithAnswer({}, schema)).toMatch(/^labels: /);
    expect(whatIsWrongWithAnswer(undefined, schema)).toBe("there is none");
  });
});
