import { describe, expect, it } from "vitest";
import { decidePush } from "../../../src/policy/push.ts";
import { fromFork, payloadOf, pullRequest } from "../github/payloads.ts";

const registry = "ghcr.io/octo-org/demo";
const push = { name: "push", payload: payloadOf("push") };
const fork = { name: "pull_request", payload: fromFork() };

describe("auto", () => {
  it("pushes for a trusted event", () => {
    expect(decidePush("auto", registry, push)).toEqual({ push: true, why: undefined });
    const own = { name: "pull_request", payload: pullRequest() };
    expect(decidePush("auto", registry, own)).toEqual({ push: true, why: undefined });
  });

  it("does not for another, and says why", () => {
    expect(decidePush("auto", registry, fork)).toEqual({
      push: false,
      why: "the pull request is from a fork",
    });
    const comment = { name: "issue_comment", payload: payloadOf("issue_comment") };
    const { push: pushes, why } = decidePush("auto", registry, comment);
    expect(pushes).toBe(false);
    expect(why).toContain("issue_comment");
  });

  it("does not on a terminal, and says what would", () => {
    const { push: pushes, why } = decidePush("auto", registry, undefined);
    expect(pushes).toBe(false);
    expect(why).toContain("`push: always`");
  });

  it("does not for a trusted event's name with a broken payload that matters", () => {
    const broken = { name: "pull_request", payload: undefined };
    expect(decidePush("auto", registry, broken).push).toBe(false);
  });
});

describe("always and never", () => {
  it("always pushes whatever the event is: the user has said so", () => {
    for (const event of [push, fork, undefined]) {
      expect(decidePush("always", registry, event)).toEqual({ push: true, why: undefined });
    }
  });

  it("never pushes nothing, and there is nothing to explain", () => {
    for (const event of [push, fork, undefined]) {
      expect(decidePush("never", registry, event)).toEqual({ push: false, why: undefined });
    }
  });
});

it.each(["auto", "always", "never"] as const)(
  "without a registry `%s` pushes nothing, and there is nothing to explain",
  (setting) => {
    for (const event of [push, fork, undefined]) {
      expect(decidePush(setting, undefined, event)).toEqual({ push: false, why: undefined });
    }
  },
);
