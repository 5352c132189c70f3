import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dockerLog } from "../harness/docker-log.ts";
import { runAction } from "../harness/runner.ts";
import { workspaceWith } from "../integration/support/workspace.ts";

/** It takes less than half a second; the rest is for a machine that does other things meanwhile. */
const limitMs = 5_000;

/** Runs with a `docker` that must not be called, in a workspace with some unusable files. */
async function refuse(inputs: Record<string, string>) {
  const docker = await dockerLog("stub");
  const workspace = await workspaceWith({
    "nul.sh": "echo a\0b\n",
    "latin1.sh": Buffer.from([0x65, 0xe9, 0x0a]),
    "good.sh": "true\n",
  });
  await mkdir(join(workspace, "folder"));
  const result = await runAction({ inputs, workspace, env: docker.env });
  expect(await docker.commands()).toEqual([]);
  expect(result.exitCode).toBe(1);
  expect(result.post?.exitCode).toBe(0);
  expect(result.outputs).toEqual({});
  expect(result.stdout).not.toMatch(/this is a bug|\n\s+at /);
  return result;
}

const cases: [what: string, inputs: Record<string, string>, message: RegExp][] = [
  ["an unknown mode", { mode: "fly" }, /^mode: "fly" is not allowed; allowed: `run`, .*`plan`/],
  ["a mode with a slip", { mode: "plann" }, /^mode: .*did you mean `plan`/],
  ["both prompts", { prompt: "a", "prompt-file": "good.sh" }, /^prompt and prompt-file: both/],
  ["a base image with a blank", { "base-image": "debian 12" }, /^base-image: "debian 12".*allowed/],
  ["a base image like an option", { "base-image": "--help" }, /^base-image: "--help".*allowed/],
  ["a registry with a scheme", { registry: "https://ghcr.io/a" }, /^registry: .*without a scheme/],
  ["a negative time-out", { "task-timeout": "-1" }, /^task-timeout: "-1".*above 0/],
  ["a time-out of nothing", { "build-timeout": "0" }, /^build-timeout: "0".*above 0/],
  [
    "a missing script",
    { "cached-preflight-file": "no.sh" },
    /^cached-preflight-file: "no\.sh" does/,
  ],
  [
    "a script that is a folder",
    { "run-preflight-file": "folder" },
    /^run-preflight-file: .*direct/,
  ],
  [
    "a script with NUL bytes",
    { "cached-preflight-file": "nul.sh" },
    /^cached-preflight-file: .*NUL/,
  ],
  ["a script that is no UTF-8", { "cached-preflight-file": "latin1.sh" }, /^cached-.*UTF-8/],
  ["a file outside", { "run-preflight-file": "../x.sh" }, /^run-preflight-file: "\.\.\/x\.sh"/],
  ["a missing prompt", { "prompt-file": "no.md" }, /^prompt-file: "no\.md" does not exist/],
  ["a glob without a file", { "cached-files": "*.lock" }, /^cached-files: "\*\.lock" matches no/],
  [
    "a secret without a value",
    { "build-secrets": "NO_SUCH" },
    /^build-secrets: NO_SUCH: .*not set/,
  ],
  ["the engine's socket", { mounts: "type=bind,source=/run/docker.sock,target=/s" }, /^mounts: /],
  ["a variable of the runner's", { env: "ACTIONS_RUNTIME_TOKEN" }, /^env: ACTIONS_RUNTIME_TOKEN /],
];

test.each(cases)("%s is one error that says what is allowed", async (_, inputs, message) => {
  const result = await refuse({ command: "true", ...inputs });
  expect(result.annotations).toEqual([{ level: "error", message: expect.stringMatching(message) }]);
});

test("all problems at once, before anything is started", async () => {
  const result = await refuse({
    mode: "fly",
    prompt: "a",
    "prompt-file": "good.sh",
    "base-image": "debian 12",
    registry: "https://ghcr.io/a",
    "task-timeout": "-1",
    "cached-preflight-file": "no.sh",
    "run-preflight-file": "folder",
    "settings-preflight-file": "nul.sh",
    "desktop-install-script": "true",
    "desktop-install-script-file": "good.sh",
    "headless-desktop": "maybe",
    command: "true",
  });
  const found = result.annotations.map(({ level, message }) => {
    expect(level).toBe("error");
    return message.split(":")[0];
  });
  expect(found.sort()).toEqual([
    "base-image",
    "cached-preflight-file",
    "desktop-install-script and desktop-install-script-file",
    "headless-desktop",
    "mode",
    "prompt and prompt-file",
    "registry",
    "run-preflight-file",
    "settings-preflight-file",
    "task-timeout",
  ]);
  expect(result.durationMs).toBeLessThan(limitMs);
});

test("a value that is a secret is not in the message", async () => {
  const result = await refuse({ command: "true", "github-token": "ghp_secret", mode: "fly" });
  expect(result.log).not.toContain("ghp_secret");
});

test("a value cannot forge a message", async () => {
  const result = await refuse({
    command: "true",
    mode: "x\n::error::forged",
    env: "##[error]forged",
  });
  expect(result.annotations.map(({ message }) => message.split(":")[0])).toEqual(["mode", "env"]);
});

test("nothing to run is said so", async () => {
  const result = await refuse({});
  expect(result.annotations).toEqual([
    { level: "error", message: expect.stringContaining("nothing to run") },
  ]);
});
