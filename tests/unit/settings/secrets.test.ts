import { describe, expect, it } from "vitest";
import { trustOf } from "../../../src/policy/trust.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { firstSecrets, secretValues } from "../../../src/settings/secrets.ts";
import { load, messagesOf, workspace } from "./workspace.ts";

const secret = "hunter2-very-secret";

describe("secrets", () => {
  it("never stand in a message", async () => {
    const messages = await messagesOf({
      inputs: {
        command: "true",
        mode: "rnu",
        "github-token": secret,
        "registry-password": secret,
        "build-secrets": "TOKEN=MISSING",
      },
      step: { OTHER: secret },
    });
    expect(messages.length).toBeGreaterThanOrEqual(3);
    expect(messages.join("\n")).toMatch(/registry-password/);
    expect(messages.join("\n")).not.toContain(secret);
  });

  it("of a login need user and registry", async () => {
    const login = (inputs: Record<string, string>) =>
      messagesOf({ inputs: { command: "true", ...inputs } });
    const registry = "ghcr.io/o/n";
    expect(await login({ registry, "registry-password": secret })).toEqual([
      expect.stringMatching(/registry-username is missing/),
    ]);
    expect(await login({ registry, "registry-username": "me" })).toEqual([
      expect.stringMatching(/registry-password is missing/),
    ]);
    expect(await login({ "registry-username": "me", "registry-password": secret })).toEqual([
      expect.stringMatching(/registry is missing/),
    ]);
  });

  // quotes and line ends are escaped in a message, which takes a secret past the runner's masks
  it("of `env` do not stand in the message about another line of it", async () => {
    const messages = await messagesOf({
      inputs: { command: "true", env: `API_KEY=${secret}\nnot a line\n` },
    });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^env: /);
    expect(messages[0]).not.toContain(secret);
  });

  it("of the build are never what every object has", async () => {
    const inputs = { command: "true", "build-secrets": "a=constructor\ntoString\n" };
    expect(await messagesOf({ inputs })).toEqual([
      expect.stringMatching(/^build-secrets: a: the variable constructor is not set/),
      expect.stringMatching(/^build-secrets: toString: the variable toString is not set/),
    ]);
  });

  it("of the build are taken from the step's environment, by their own name or another", async () => {
    const job = await load({
      inputs: { command: "true", "build-secrets": "TOKEN\nnpm.rc=NPM_RC\n" },
      step: { TOKEN: "one", NPM_RC: "two\nlines" },
    });
    expect(job.secrets).toEqual([
      { id: "TOKEN", variable: "TOKEN", value: "one" },
      { id: "npm.rc", variable: "NPM_RC", value: "two\nlines" },
    ]);
  });

  it("of the build that are not set are named", async () => {
    const messages = await messagesOf({
      inputs: { command: "true", "build-secrets": "TOKEN=GONE\nEMPTY" },
      step: { EMPTY: "" },
    });
    expect(messages).toEqual([
      expect.stringMatching(/^build-secrets: TOKEN: .*GONE/),
      expect.stringMatching(/^build-secrets: EMPTY: .*EMPTY/),
    ]);
  });

  it.each([
    "a=ACTIONS_RUNTIME_TOKEN",
    "a=ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RESULTS_URL",
    "a=ACTIONS_A_TOKEN_OF_TOMORROW",
    "a=GITHUB_ENV",
    "a=INPUT_COMMAND",
    "INPUT_GITHUB-TOKEN",
    "INPUT_REGISTRY-PASSWORD",
  ])("of the build are never the runner's own: %s", async (line) => {
    const name = line.split("=").at(-1) as string;
    const given = { inputs: { command: "true", "build-secrets": line }, step: { [name]: secret } };
    const messages = await messagesOf(given);
    expect(messages).toEqual([expect.stringMatching(/^build-secrets: .* belongs to the runner/)]);
    expect(messages.join()).not.toContain(secret);
  });

  it("of the build may be the user's own GITHUB_TOKEN", async () => {
    const inputs = { command: "true", "build-secrets": "gh=GITHUB_TOKEN" };
    expect((await load({ inputs, step: { GITHUB_TOKEN: "t" } })).secrets).toHaveLength(1);
  });

  it("of the build are read for no event that strangers can cause, and their ids stay in the key", async () => {
    const given = readInputs({
      INPUT_COMMAND: "true",
      "INPUT_BUILD-SECRETS": "npm=NPM_TOKEN\npip",
    });
    const step = { NPM_TOKEN: secret };
    const trust = trustOf("issue_comment", {});
    const job = await loadJob(given, workspace(), step, { trust });
    expect(job.secrets).toEqual([]);
    expect(job.secretIds).toEqual(["npm", "pip"]);
    expect(job.withheld).toBe(trust.why);
    const trusted = await loadJob(
      given,
      workspace(),
      { ...step, pip: "p" },
      { trust: trustOf("push", {}) },
    );
    expect(trusted.secrets).toHaveLength(2);
    expect(trusted.withheld).toBeUndefined();
  });
});

describe("what is secret in a job", () => {
  it("are its tokens, passwords, build secrets, and the values of `env` that came by name", async () => {
    const job = await load({
      inputs: {
        command: "true",
        env: "BY_NAME\nPLAIN=in-the-line",
        "github-token": "ghs_token",
        registry: "ghcr.io/o/n",
        "registry-username": "me",
        "registry-password": "pass-word",
        "build-secrets": "npm=NPM_RC",
      },
      step: { BY_NAME: "by-name", NPM_RC: "npm-rc" },
    });
    expect([...secretValues(job)].sort()).toEqual(
      ["by-name", "ghs_token", "me:pass-word", "npm-rc", "pass-word", "pass-word"].sort(),
    );
  });

  it("are, before anything is read, the tokens of job and runner and the password", () => {
    const step = { ACTIONS_RUNTIME_TOKEN: "r", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "i", OTHER: "o" };
    const inputs = { "INPUT_GITHUB-TOKEN": "g", "INPUT_REGISTRY-PASSWORD": "p" };
    expect(firstSecrets(readInputs(inputs), step)).toEqual(["r", "i", "g", "p"]);
    expect(firstSecrets({}, {})).toEqual([]);
  });
});
