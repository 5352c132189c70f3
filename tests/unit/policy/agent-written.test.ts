import { expect, it } from "vitest";
import { isAgentsBranch, isAgentsMessage, unmergedOf } from "../../../src/policy/agent-written.ts";
import { payloadOf, pullRequest } from "../github/payloads.ts";

const head = "a".repeat(40);
const repository = { default_branch: "main" };
const push = (more: object) => ({
  name: "push",
  payload: { ...payloadOf("push"), repository, after: head, ...more },
});

it.each([
  ["Work of the agent\n\nAgent-Runner: https://github.com/o/r/actions/runs/1", true],
  ["x\n\nagent-runner: https://github.com/o/r/actions/runs/1\nSigned-off-by: me", true],
  ["x\r\n\r\nAgent-Runner: y\r\n", true],
  ["Use Agent-Runner: it is good", false],
  ["", false],
])("the message %j is an agent's: %s", (message, expected) => {
  expect(isAgentsMessage(message)).toBe(expected);
});

it("a pull request is looked at from its base to its head", () => {
  const payload = pullRequest();
  const { head, base } = payload.pull_request as unknown as Record<
    "head" | "base",
    { ref: string; sha: string }
  >;
  const found = unmergedOf({ name: "pull_request", payload }, undefined);
  expect(found).toEqual({ branch: head.ref, base: base.ref, head: head.sha, messages: [] });
});

it("a push is looked at beside the default branch alone, and so is a run by hand", () => {
  const commits = [{ message: "one" }];
  const pushed = unmergedOf(
    push({ ref: "refs/heads/topic", commits, head_commit: { message: "two" } }),
    head,
  );
  expect(pushed).toEqual({ branch: "topic", base: "main", head, messages: ["one", "two"] });
  expect(unmergedOf(push({ ref: "refs/heads/main" }), head)).toBeUndefined();
  expect(unmergedOf(push({ ref: "refs/tags/v1" }), head)).toBeUndefined();
  const dispatch = (ref: string) => ({ name: "workflow_dispatch", payload: { ref, repository } });
  expect(unmergedOf(dispatch("refs/heads/topic"), head)).toMatchObject({ branch: "topic", head });
  expect(unmergedOf(dispatch("refs/heads/main"), head)).toBeUndefined();
});

it.each(["schedule", "release", "merge_group", "issue_comment"])("%s has none", (name) => {
  expect(
    unmergedOf({ name, payload: { ref: "refs/heads/topic", repository } }, head),
  ).toBeUndefined();
});

it("the branch's name or a message that came with the event shows it", () => {
  const seen = { base: "main", head, messages: [] };
  expect(isAgentsBranch({ ...seen, branch: "agent/4711" })).toBe(true);
  expect(isAgentsBranch({ ...seen, branch: "topic" })).toBe(false);
  expect(isAgentsBranch({ ...seen, branch: "topic", base: "agent/4711" })).toBe(true);
  expect(isAgentsBranch({ ...seen, branch: "topic", messages: ["x\n\nAgent-Runner: y"] })).toBe(
    true,
  );
});
