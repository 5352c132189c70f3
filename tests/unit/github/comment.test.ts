import { describe, expect, it } from "vitest";
import { askingComment, marker, pullRequestNumber } from "../../../src/github/comment.ts";
import { payloadOf, payloadsOf } from "./payloads.ts";

describe("the comment that started the job", () => {
  it.each(["issue_comment", "pull_request_review_comment", "commit_comment"])(
    "is told by a real %s",
    (name) => {
      const payload = payloadOf(name);
      const { id } = payload.comment as { id: number };
      expect(askingComment({ name, payload })).toBe(String(id));
    },
  );

  it.each([
    ["another event", "pull_request", { comment: { id: 1 } }],
    ["no payload", "issue_comment", undefined],
    ["an id that is no number", "issue_comment", { comment: { id: "../1" } }],
  ])("is none for %s", (_, name, payload) => {
    expect(askingComment({ name, payload })).toBeUndefined();
  });
});

describe("the pull request of an event", () => {
  it.each(["pull_request", "pull_request_review", "pull_request_review_comment"])(
    "is told by a real %s",
    (name) => {
      for (const payload of payloadsOf(name)) {
        const { number } = payload.pull_request as { number: number };
        expect(pullRequestNumber({ name, payload })).toBe(number);
      }
    },
  );

  it("is told by a comment on a pull request, and by none on an issue", () => {
    const payload = payloadOf("issue_comment") as { issue: Record<string, unknown> };
    const { number } = payload.issue;
    payload.issue.pull_request = { url: "https://api.github.com/repos/o/r/pulls/1" };
    expect(pullRequestNumber({ name: "issue_comment", payload })).toBe(number);
    delete payload.issue.pull_request;
    expect(pullRequestNumber({ name: "issue_comment", payload })).toBeUndefined();
  });

  it("is told by a run of a workflow for one, and by none of main's or a fork's", () => {
    const payload = payloadOf("workflow_run") as { workflow_run: Record<string, unknown> };
    payload.workflow_run.pull_requests = [{ number: 7 }, { number: 8 }];
    expect(pullRequestNumber({ name: "workflow_run", payload })).toBe(7);
    for (const none of [[], null, undefined, [null], [{ number: "7" }], "7"]) {
      payload.workflow_run.pull_requests = none;
      expect(pullRequestNumber({ name: "workflow_run", payload })).toBeUndefined();
    }
  });

  it.each(["push", "workflow_dispatch", "release", "schedule"])("is none for %s", (name) => {
    const payload = name === "schedule" ? { schedule: "0 0 * * 0" } : payloadOf(name);
    expect(pullRequestNumber({ name, payload })).toBeUndefined();
  });

  it.each(["1", 0, -1, 1.5, null, {}, "../../user", Number.NaN])(
    "is never something else than a number: %j",
    (number) => {
      const name = "pull_request";
      expect(pullRequestNumber({ name, payload: { pull_request: { number } } })).toBeUndefined();
    },
  );

  it.each([undefined, null, "text", 7, [], {}])("is none in the payload %j", (payload) => {
    expect(pullRequestNumber({ name: "pull_request", payload })).toBeUndefined();
  });
});

describe("the mark of our comment", () => {
  it("is a comment that nobody sees, with the job's name", () => {
    expect(marker("build_1.a-b")).toBe("<!-- agent-runner: build_1.a-b -->");
  });

  it("cannot be left by a job's name", () => {
    expect(marker("a --> <img src=x>\n@octocat")).toMatch(/^<!-- agent-runner: [\w.-]+ -->$/);
  });
});
