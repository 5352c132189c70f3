import { describe, expect, it } from "vitest";
import { commentBody, commentKey } from "../../../src/report/comment.ts";
import type { Settings } from "../../../src/settings/schema.ts";
import { load } from "../settings/workspace.ts";

it("what became of the changes stands between the answer and what ran", () => {
  const settings = {} as Settings;
  const handedOver = "Committed as `abc`: 2 files.";
  const agent = { message: "Fixed." };
  const told = { conclusion: "success", failure: undefined, agent, handedOver } as const;
  expect(commentBody({ settings }, told, 10, {})).toBe(
    `**Agent Runner: success**\n\n> Fixed.\n\n${handedOver}\n\n- did not run: a command, 10 ms in all`,
  );
});

describe("whose comment it is", () => {
  const step = {
    GITHUB_WORKFLOW: "Test",
    GITHUB_JOB: "agent",
    GITHUB_ACTION: "__self",
    RUNNER_ARCH: "X64",
    GITHUB_RUN_ID: "1",
    GITHUB_SHA: "a",
  };
  const inputs = { "base-image": "debian:12", agent: "codex", prompt: "x" };
  const key = async (given: Record<string, string> = {}, environment: object = {}) => {
    const { settings } = await load({ inputs: { ...inputs, ...given } });
    return commentKey({ ...step, ...environment }, settings);
  };

  it("begins with the job's name", async () => {
    expect(await key()).toMatch(/^agent-[0-9a-f]{12}$/);
    expect(await key({}, { GITHUB_JOB: undefined })).toMatch(/^job-[0-9a-f]{12}$/);
  });

  it.each([
    ["run", {}, { GITHUB_RUN_ID: "2", GITHUB_SHA: "b", GITHUB_RUN_ATTEMPT: "2" }],
    ["prompt", { prompt: "y" }, {}],
    ["preflight", { "cached-preflight": "apt-get update", "run-preflight": "true" }, {}],
    ["value in `env`", { env: "TOKEN=secret" }, {}],
    ["token", { "github-token": "ghs_2" }, {}],
  ])("does not change with the %s", async (_what, given, environment) => {
    expect(await key(given, environment)).toBe(await key());
  });

  it.each([
    ["base image", { "base-image": "debian:13" }, {}],
    ["agent", { agent: "claude" }, {}],
    ["agent's version", { "agent-version": "1.2.3" }, {}],
    ["agent's model", { "agent-model": "opus" }, {}],
    ["agent's arguments", { "agent-args": "--model=x" }, {}],
    ["platform", { platform: "linux/arm64" }, {}],
    ["desktop", { "headless-desktop": "optional" }, {}],
    ["workflow", {}, { GITHUB_WORKFLOW: "Nightly" }],
    ["job", {}, { GITHUB_JOB: "other" }],
    ["step", {}, { GITHUB_ACTION: "__self_2" }],
    ["machine", {}, { RUNNER_ARCH: "ARM64" }],
  ])("is another one for another %s", async (_what, given, environment) => {
    expect(await key(given, environment)).not.toBe(await key());
  });

  it("is another one for each comment that asked", async () => {
    const { settings } = await load({ inputs });
    const one = (id: string) => commentKey(step, settings, id);
    expect(one("1")).toBe(one("1"));
    expect(new Set([one("1"), one("2"), await key()]).size).toBe(3);
  });

  it("is another one for another command", async () => {
    const one = (command: string) =>
      load({ inputs: { command } }).then(({ settings }) => commentKey(step, settings));
    expect(await one("npm test")).toBe(await one("npm test"));
    expect(await one("npm test")).not.toBe(await one("npm run lint"));
  });
});
