import { describe, expect, it } from "vitest";
import { trustOf } from "../../../src/policy/trust.ts";
import { withEnvironmentFile } from "../../../src/settings/environment.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { BadInput } from "../../../src/settings/problem.ts";
import type { Origin } from "../../../src/settings/raw.ts";
import { settingNames } from "../../../src/settings/schema.ts";
import { eventCases } from "../policy/events.ts";
import { workspace } from "./workspace.ts";

/**
 * What a file may set on every event, written down a second time: a new setting is not among it, and who adds one says
 * here that it acts nowhere but in the container.
 */
const always = [
  "on-cache-error",
  "base-image",
  "platform",
  "pull",
  "headless-desktop",
  "cache-desktop-build",
  "cache-container-build",
  "desktop-install-script",
  "desktop-install-script-file",
  "desktop-setup-script",
  "desktop-setup-script-file",
  "record-desktop",
  "cached-files",
  "cache-version",
  "build-timeout",
  "cached-preflight",
  "cached-preflight-file",
  "run-preflight",
  "run-preflight-file",
  "settings-preflight",
  "settings-preflight-file",
  "environment-preflight",
  "environment-preflight-file",
  "agent",
  "agent-version",
  "agent-model",
  "agent-max-turns",
  "agent-settings",
  "agent-mcp",
  "agent-schema",
  "agent-output",
  "agent-args",
  "prompt",
  "prompt-file",
  "resume",
  "command",
  "task-timeout",
  "env",
  "container-workdir",
  "cpus",
];
/** In no file: they are needed before one is read. */
const never = [
  "environment",
  "config-from",
  "trigger-phrase",
  "trigger-label",
  "trigger-assignee",
  "allow-forks",
  "checkout",
  "fetch-depth",
];

const inFile = settingNames.filter((name) => !never.includes(name));
const given = readInputs({ INPUT_ENVIRONMENT: "agent.yml" });

function withFile(text: string, { name, payload }: { name: string; payload: unknown }) {
  const read = async (_path: string, _origin: Origin) => Buffer.from(text);
  return withEnvironmentFile(given, "/workspace", read, trustOf(name, payload));
}

// every setting on every event: as tests of their own they would take longer to count than to run
it.each(eventCases)("$name, trusted: $trusted (%#)", async (event) => {
  for (const name of inFile) {
    const { settings, warnings, problems } = await withFile(`${name}: A=value\n`, event);
    const may = event.trusted || always.includes(name);
    expect(settings[name]?.value, name).toBe(may ? "A=value" : undefined);
    expect(settings[name]?.origin, name).toBe(may ? "file" : undefined);
    expect(warnings.join()).toMatch(may ? /^$/ : new RegExp(`^agent\\.yml: ignored: ${name}\\.`));
    expect(problems, name).toEqual([]);
  }
});

describe("on an event that is not trusted", () => {
  const comment = { name: "issue_comment", payload: {} };

  it("one warning names all that is ignored, says why, and what to do", async () => {
    const text = "push: always\nregistry: ghcr.io/a/b\nmounts: [a, b]\ncommand: x\nenv: A\n";
    const { warnings } = await withFile(text, comment);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^agent\.yml: ignored: push, registry, mounts, env .*`issue_comment` can be caused by people who may not write; give .* as an input of the step$/,
      ),
    ]);
  });

  it("`env` of a file has values, and no variable of the step by its name", async () => {
    const text = "env: |\n  A=1\n  NPM_TOKEN\n    SECRET  \n  B=\n";
    const { settings } = await withFile(text, comment);
    expect(settings.env?.value.split("\n").filter((line) => line !== "")).toEqual(["A=1", "B="]);
    const { settings: none } = await withFile("env: [NPM_TOKEN]\n", comment);
    expect(none.env).toBeUndefined();
    const { settings: trusted } = await withFile("env: [NPM_TOKEN]\n", {
      name: "push",
      payload: {},
    });
    expect(trusted.env?.value).toBe("NPM_TOKEN");
  });

  it("what an input says is not ignored, and counts whole", async () => {
    const folder = workspace({ "agent.yml": "push: always\nenv: A=1\ncommand: x\n" });
    const inputs = {
      INPUT_PUSH: "never",
      INPUT_ENV: "TOKEN",
      INPUT_MOUNTS: "type=tmpfs,target=/a",
    };
    const raw = { ...readInputs(inputs), ...given };
    const trust = trustOf("issue_comment", {});
    const job = await loadJob(raw, folder, { TOKEN: "t" }, { trust });
    expect(job.settings.push).toBe("never");
    expect(job.settings.mounts).toEqual(["type=tmpfs,target=/a"]);
    expect([...job.environment]).toEqual([["TOKEN", "t"]]);
  });

  it("a problem that comes of an ignored setting has the warning with it", async () => {
    const folder = workspace({ "agent.yml": "mode: plan\n" });
    const trust = trustOf("issue_comment", {});
    const error = await loadJob(given, folder, {}, { trust }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadInput);
    expect((error as BadInput).warnings).toEqual([expect.stringMatching(/ignored: mode\./)]);
  });
});

describe("a file cannot say where it comes from", () => {
  it.each(eventCases)("$name (%#)", async (event) => {
    const { settings, problems } = await withFile("config-from: checkout\n", event);
    expect(settings["config-from"]).toBeUndefined();
    expect(problems).toEqual([expect.objectContaining({ file: "agent.yml", line: 1 })]);
  });
});
