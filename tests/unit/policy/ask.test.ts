import { describe, expect, it } from "vitest";
import { askOf, questionIn, type Triggers } from "../../../src/policy/ask.ts";
import { payloadOf, payloadsOf } from "../github/payloads.ts";

const triggers: Triggers = { phrase: "/agent", label: "agent", assignee: "agent" };

describe("a text asks", () => {
  it.each([
    ["/agent", ""],
    ["/agent do it", "do it"],
    ["  /agent do it", "do it"],
    ["/AGENT do it", "do it"],
    ["/agent: do it", "do it"],
    ["/agent, do it\r\nand this", "do it\r\nand this"],
    ["Look at this.\n/agent do it\nnow", "Look at this.\n do it\nnow"],
    ["/agent\n```\n/agent in code\n```", "```\n/agent in code\n```"],
    ["`x` is wrong\n/agent mend it", "`x` is wrong\n mend it"],
  ])("%j", (text, question) => {
    expect(questionIn(text, "/agent")).toBe(question);
  });

  it.each([
    "",
    "please /agent do it",
    "/agents do it",
    "/agent-x",
    "/agent/x",
    "x/agent",
    "> /agent do it",
    "  > /agent do it",
    "```\n/agent do it\n```",
    "~~~~ sh\n/agent do it\n~~~~",
    "```\n/agent in code without an end",
    "    /agent in an indented block",
    "<!-- \n/agent nobody sees this -->",
    "<!--\n/agent without an end",
    "`\\n/agent",
    "<!-- agent-runner: answer run=1 -->\n/agent do it",
  ])("not in %j", (text) => {
    expect(questionIn(text, "/agent")).toBeUndefined();
  });

  it.each([
    ["@agent do it", "do it"],
    ["Could you, @agent, do it?", "Could you,  do it?"],
    ["(@agent)", "()"],
  ])("by a mention anywhere: %j", (text, question) => {
    expect(questionIn(text, "@agent")).toBe(question);
  });

  it.each(["me@agent.org", "`@agent`", "``a ` @agent``", "@agent-x", "> @agent"])(
    "not by the mention in %j",
    (text) => {
      expect(questionIn(text, "@agent")).toBeUndefined();
    },
  );

  it("a hostile text takes no time", () => {
    for (const part of ["`a", "``` \n", "<!-", "``a ` ", "~~~`\n", "> \n"]) {
      expect(questionIn(part.repeat(65_536 / part.length), "@agent")).toBeUndefined();
    }
  });
});

/** GitHub's own example of an event, with another action and other parts. */
function eventOf(name: string, action: string, parts: Record<string, Record<string, unknown>>) {
  const payload = payloadsOf(name).find((one) => one.action === action) ?? payloadOf(name);
  const merged = Object.fromEntries(
    Object.entries(parts).map(([part, more]) => [
      part,
      { ...(payload[part] as Record<string, unknown> | undefined), ...more },
    ]),
  );
  return { name, payload: { ...payload, action, ...merged } };
}

describe("an event asks", () => {
  it.each([
    ["issue_comment", "created", { comment: { body: "/agent why?" } }, "issue-comment"],
    [
      "pull_request_review_comment",
      "created",
      { comment: { body: "/agent why?" } },
      "review-comment",
    ],
    ["pull_request_review", "submitted", { review: { body: "/agent why?" } }, "review"],
    ["issues", "opened", { issue: { body: "/agent why?" } }, "issue"],
    ["pull_request", "opened", { pull_request: { body: "/agent why?" } }, "pull-request"],
    ["pull_request_target", "opened", { pull_request: { body: "/agent why?" } }, "pull-request"],
  ])("%s, %s", (name, action, parts, kind) => {
    const source = name === "pull_request_target" ? "pull_request" : name;
    const event = { ...eventOf(source, action, parts), name };
    const { ask, ...rest } = askOf(triggers, event);
    expect(rest).toEqual({ refused: undefined });
    expect(ask).toMatchObject({ question: "why?", text: "/agent why?" });
    expect(ask?.asked.kind).toBe(kind);
    expect(ask?.isPullRequest).toBe(name.startsWith("pull_request"));
    expect(ask?.head === undefined).toBe(!name.startsWith("pull_request"));
    expect(ask?.url).toMatch(/^https:/);
  });

  it.each([
    ["issues", "labeled", { label: { name: "Agent" } }, "label"],
    ["pull_request", "labeled", { label: { name: "agent" } }, "label"],
    ["issues", "assigned", { assignee: { login: "agent[bot]" } }, "assignment"],
    ["pull_request", "assigned", { assignee: { login: "Agent" } }, "assignment"],
    ["pull_request", "review_requested", { requested_reviewer: { login: "agent" } }, "assignment"],
  ])("%s, %s", (name, action, parts, kind) => {
    const part = name === "issues" ? "issue" : "pull_request";
    const about = { [part]: { title: "A door", body: "It squeaks." } };
    const { ask } = askOf(triggers, eventOf(name, action, { ...parts, ...about }));
    expect(ask).toMatchObject({
      question: "",
      text: "It squeaks.",
      title: "A door",
      asked: { kind },
    });
  });

  it("a comment on a pull request is one on a pull request", () => {
    const parts = { comment: { body: "/agent" }, issue: { pull_request: { url: "x" } } };
    const { ask } = askOf(triggers, eventOf("issue_comment", "created", parts));
    expect(ask?.isPullRequest).toBe(true);
  });

  it.each([
    ["issue_comment", { comment: { body: "/agent why?" } }],
    ["issues", { issue: { body: "/agent why?" }, changes: { body: { from: "x" } } }],
  ])("%s that was edited asks, and is refused", (name, parts) => {
    const listened = askOf(triggers, eventOf(name, "edited", parts));
    expect(listened).toMatchObject({
      ask: {},
      refused: expect.stringMatching(/edited.*ask again/),
    });
  });

  it.each([
    ["issues", { title: { from: "x" } }],
    ["pull_request", { base: { ref: { from: "x" } } }],
  ])("%s whose text was left as it was asks nothing: %j", (name, changes) => {
    const part = name === "issues" ? "issue" : "pull_request";
    const { name: event, payload } = eventOf(name, "edited", { [part]: { body: "/agent why?" } });
    const listened = askOf(triggers, { name: event, payload: { ...payload, changes } });
    expect(listened.ask).toBeUndefined();
  });

  it.each([
    ["issue_comment", "created", { comment: { body: "hello" } }],
    ["issue_comment", "deleted", { comment: { body: "/agent why?" } }],
    ["issues", "closed", { issue: { body: "/agent why?" } }],
    ["issues", "labeled", { label: { name: "bug" }, issue: { body: "/agent why?" } }],
    ["issues", "unlabeled", { label: { name: "agent" } }],
    ["pull_request", "synchronize", { pull_request: { body: "/agent why?" } }],
    ["pull_request", "unassigned", { assignee: { login: "agent" } }],
    ["pull_request_review", "dismissed", { review: { body: "/agent why?" } }],
  ])("not %s, %s with %j", (name, action, parts) => {
    expect(askOf(triggers, eventOf(name, action, parts)).ask).toBeUndefined();
  });

  it.each([
    ["push", payloadOf("push")],
    ["schedule", undefined],
    ["issue_comment", undefined],
    ["issue_comment", { action: "created", comment: { body: 7 } }],
    ["issues", { ...payloadOf("issues"), issue: undefined }],
  ])("nor %s with what it is not known to have", (name, payload) => {
    expect(askOf(triggers, { name, payload })).toEqual({ ask: undefined, why: expect.any(String) });
  });

  it("nothing outside of GitHub, and nothing that no trigger names", () => {
    expect(askOf(triggers, undefined).ask).toBeUndefined();
    const event = eventOf("issues", "labeled", { label: { name: "agent" } });
    expect(askOf({ ...triggers, label: undefined }, event).ask).toBeUndefined();
  });
});
