import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dockerLog } from "../harness/docker-log.ts";
import { runAction } from "../harness/runner.ts";
import { TOKEN } from "../harness/runner-env.ts";
import { workspaceWith } from "../integration/support/workspace.ts";
import { commit, contentsOfTest } from "../unit/github/contents-server.ts";
import { fromFork, payloadOf, pullRequest } from "../unit/github/payloads.ts";

const secret = "s3cret-of-the-step";

interface Step {
  inputs?: Record<string, string>;
  files?: Record<string, string>;
  env?: Record<string, string>;
  event?: { name: string; payload: unknown };
}

/** A step whose engine is a stub: what is bad input must not reach it. */
async function step({ inputs = {}, files = {}, env = {}, event }: Step) {
  const docker = await dockerLog("stub");
  const workspace = await workspaceWith(files);
  const result = await runAction({
    // who may start it has tests of its own
    inputs: { "required-permission": "none", ...inputs },
    workspace,
    env: { SECRET: secret, ACTIONS_RUNTIME_TOKEN: secret, ...docker.env, ...env },
    ...(event && { event }),
  });
  const errors = result.annotations.filter(({ level }) => level === "error");
  return {
    result,
    commands: await docker.commands(),
    errors: errors.map(({ message }) => message),
  };
}

const comment = { name: "issue_comment", payload: payloadOf("issue_comment") };
const inputs = { environment: "agent.yml" };

describe("on every event, trusted or not", () => {
  test.each([
    ["prompt-file", "prompt-file: /proc/self/environ\ncommand: cat\n"],
    ["run-preflight-file", "run-preflight-file: /proc/self/environ\ncommand: env\n"],
    ["agent-settings", "agent: claude\nprompt: x\nagent-settings: /proc/self/environ\n"],
    ["prompt-file", "prompt-file: link\ncommand: cat\n"],
    [
      "cached-files",
      "cached-preflight: x\ncached-files: '\\.\\./\\.\\./_temp/_github*/*'\ncommand: x\n",
    ],
    ["build-secrets", "build-secrets: a=ACTIONS_RUNTIME_TOKEN\ncached-preflight: x\ncommand: x\n"],
    ["env", "env: ACTIONS_RUNTIME_TOKEN\ncommand: env\n"],
  ])("a file's %s does not get at the runner (%#)", async (name, file) => {
    const docker = await dockerLog("stub");
    const workspace = await workspaceWith({ "agent.yml": file });
    symlinkSync("/proc/self/environ", join(workspace, "link"));
    const result = await runAction({
      inputs,
      workspace,
      env: { ACTIONS_RUNTIME_TOKEN: secret, ...docker.env },
    });
    expect(result.exitCode).toBe(1);
    const errors = result.annotations.filter(({ level }) => level === "error");
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(`^${name}: `)]);
    expect(result.log).not.toContain(secret);
    expect(await docker.commands()).toEqual([]);
  });

  test("nor do the workflow's own inputs name the runner's variables", async () => {
    const given = { "build-secrets": "a=ACTIONS_RUNTIME_TOKEN", command: "x" };
    const { errors, commands } = await step({ inputs: given });
    expect(errors).toEqual([expect.stringMatching(/^build-secrets: a: .* belongs to the runner/)]);
    expect(commands).toEqual([]);
  });
});

describe("on events that strangers can cause, files come from the default branch", () => {
  const files = { "agent.yml": "command: [not, read\n", "run.sh": "echo \0" };

  test.each([
    ["issue_comment", payloadOf("issue_comment")],
    ["pull_request", fromFork()],
    ["pull_request_target", pullRequest()],
    ["workflow_run", payloadOf("workflow_run")],
  ])("%s", async (name, payload) => {
    const api = await contentsOfTest({ "agent.yml": "command: true\n", "run.sh": "true\n" });
    const { errors, commands } = await step({
      inputs: { ...inputs, "run-preflight-file": "run.sh" },
      files,
      env: { GITHUB_API_URL: api.url },
      event: { name, payload },
    });
    // nothing is wrong with these, so it goes as far as the engine
    expect(commands.length).toBeGreaterThan(0);
    expect(errors.join()).not.toMatch(/agent\.yml|run\.sh/);
    expect(api.requests).toContain(`/repos/Octo-Org/Demo/contents/agent.yml?ref=${commit}`);
    expect([...api.tokens]).toEqual([`token ${TOKEN}`]);
  });

  test("a step without files asks nobody", async () => {
    const api = await contentsOfTest({});
    const env = { GITHUB_API_URL: api.url };
    await step({ inputs: { command: "true" }, env, event: comment });
    expect(api.requests).toEqual([]);
  });

  test.each<[string, number | undefined, RegExp]>([
    [
      "may not",
      403,
      /^environment: "agent\.yml" cannot be read .* answered 403 .*`contents: read`.*`config-from: checkout`/,
    ],
    ["cannot", 503, /^environment: "agent\.yml" cannot be read .* answered 503/],
    [
      "is not there",
      undefined,
      /^environment: "agent\.yml" cannot be read .* could not be reached/,
    ],
  ])(
    "an API that %s ends the step early, and the checkout is not read",
    async (_what, status, says) => {
      const api = await contentsOfTest({});
      if (status !== undefined) api.fault = { path: /./, status };
      const { errors, commands, result } = await step({
        inputs: { ...inputs, command: "true" },
        files: { "agent.yml": "base-image: debian:12\n" },
        env: status === undefined ? {} : { GITHUB_API_URL: api.url },
        event: comment,
      });
      expect(errors).toEqual([expect.stringMatching(says)]);
      expect(result.exitCode).toBe(1);
      expect(commands).toEqual([]);
    },
  );

  test("unless the workflow says that the checkout can be trusted", async () => {
    const api = await contentsOfTest({});
    const { errors, commands } = await step({
      inputs: { ...inputs, "config-from": "checkout" },
      files: { "agent.yml": "command: true\n" },
      env: { GITHUB_API_URL: api.url },
      event: comment,
    });
    expect(api.requests).toEqual([]);
    expect(errors.join()).not.toMatch(/agent\.yml/);
    expect(commands.length).toBeGreaterThan(0);
  });

  test("and a word that is none is not taken for the checkout", async () => {
    const api = await contentsOfTest({});
    const { errors, commands } = await step({
      inputs: { ...inputs, "config-from": "chekout", command: "true" },
      files: { "agent.yml": "base-image: not valid\n" },
      env: { GITHUB_API_URL: api.url },
      event: comment,
    });
    expect(errors).toEqual([
      expect.stringMatching(/^environment: "agent\.yml" does not exist on the default branch/),
      expect.stringMatching(/^config-from: "chekout" is not allowed/),
    ]);
    expect(commands).toEqual([]);
  });
});

describe("on trusted events", () => {
  test("files come from the checkout, or from the default branch where the workflow says so", async () => {
    const api = await contentsOfTest({ "agent.yml": "command: true\npull: from the branch\n" });
    const files = { "agent.yml": "command: true\npull: from the checkout\n" };
    const env = { GITHUB_API_URL: api.url };
    const one = await step({ inputs, files, env });
    expect(one.errors).toEqual([expect.stringMatching(/^pull: "from the checkout"/)]);
    expect(api.requests).toEqual([]);
    const other = await step({
      inputs: { ...inputs, "config-from": "default-branch" },
      files,
      env,
    });
    expect(other.errors).toEqual([expect.stringMatching(/^pull: "from the branch"/)]);
  });
});
