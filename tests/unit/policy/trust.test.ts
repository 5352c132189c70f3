import { describe, expect, it } from "vitest";
import { trustOf } from "../../../src/policy/trust.ts";
import {
  fromDeletedFork,
  fromFork,
  payloadOf,
  payloadsOf,
  pullRequest,
} from "../github/payloads.ts";

describe("trusted: only people who may write cause it, or the code is merged already", () => {
  it.each(["push", "workflow_dispatch", "release", "merge_group"])("every %s", (event) => {
    for (const payload of payloadsOf(event)) {
      expect(trustOf(event, payload)).toMatchObject({ trusted: true });
    }
  });

  it("schedule, whose payload is hardly more than its cron line", () => {
    const { repository } = payloadOf("push");
    const payload = { schedule: "15 4 * * 1", repository, workflow: ".github/workflows/w.yml" };
    expect(trustOf("schedule", payload).trusted).toBe(true);
    expect(trustOf("schedule", undefined).trusted).toBe(true);
  });

  it("every pull_request from the repository itself, whatever happened to it", () => {
    for (const payload of payloadsOf("pull_request")) {
      expect(trustOf("pull_request", payload)).toEqual({
        trusted: true,
        why: expect.stringContaining("from this repository"),
      });
    }
  });
});

describe("not trusted: a stranger can cause it", () => {
  it("a pull_request from a fork", () => {
    expect(trustOf("pull_request", fromFork())).toEqual({
      trusted: false,
      why: "the pull request is from a fork",
    });
  });

  it("a pull_request from a fork that has been deleted", () => {
    expect(trustOf("pull_request", fromDeletedFork()).trusted).toBe(false);
  });

  it("a fork that calls itself like the repository: only numbers count", () => {
    const payload = fromFork();
    const { head, base } = payload.pull_request;
    if (head.repo) head.repo.full_name = base.repo.full_name;
    expect(trustOf("pull_request", payload).trusted).toBe(false);
  });

  it("pull_request_target, even from the repository itself", () => {
    for (const payload of [pullRequest(), fromFork()]) {
      const { trusted, why } = trustOf("pull_request_target", payload);
      expect(trusted).toBe(false);
      expect(why).toContain("`pull_request_target`");
    }
  });

  it.each([
    "issue_comment",
    "workflow_run",
    "issues",
    "pull_request_review",
    "pull_request_review_comment",
    "discussion",
    "discussion_comment",
    "fork",
    "watch",
    "repository_dispatch",
  ])("every %s", (event) => {
    for (const payload of payloadsOf(event)) {
      expect(trustOf(event, payload).trusted).toBe(false);
    }
  });

  it("a workflow_run that a trusted event started: the payload is not looked at", () => {
    const payloads = payloadsOf("workflow_run") as { workflow_run: { event: string } }[];
    expect(payloads.map(({ workflow_run: run }) => run.event)).toContain("workflow_dispatch");
    expect(payloads.map((payload) => trustOf("workflow_run", payload).trusted)).not.toContain(true);
  });

  it.each(["", "PUSH", "push ", "__proto__", "constructor", "an_event_of_tomorrow"])(
    "an event nobody knows: %j",
    (event) => {
      expect(trustOf(event, payloadOf("push")).trusted).toBe(false);
    },
  );
});

describe("a pull_request whose payload does not say whose it is", () => {
  const without = (change: (payload: Record<string, unknown>) => void) => {
    const payload: Record<string, unknown> = pullRequest();
    change(payload);
    return payload;
  };
  it.each<[string, unknown]>([
    ["none", undefined],
    ["null", null],
    ["a text", "pull_request"],
    ["an empty object", {}],
    ["no head", without((payload) => (payload.pull_request = { base: { repo: { id: 1 } } }))],
    ["no numbers", without((payload) => (payload.pull_request = { head: {}, base: {} }))],
    [
      "the same text twice",
      { pull_request: { head: { repo: { id: "1" } }, base: { repo: { id: "1" } } } },
    ],
    ["two times nothing", { pull_request: { head: { repo: null }, base: { repo: null } } }],
  ])("%s", (_name, payload) => {
    expect(trustOf("pull_request", payload)).toEqual({
      trusted: false,
      why: expect.stringContaining("does not say"),
    });
  });
});
