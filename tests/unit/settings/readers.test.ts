import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readFlags } from "../../../src/settings/flags.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { type Job, loadJob } from "../../../src/settings/load.ts";
import { BadInput } from "../../../src/settings/problem.ts";
import { workspace } from "./workspace.ts";

/** Every setting that is available, with a value that is not its default. */
const given: Record<string, string> = {
  mode: "plan",
  "on-cache-error": "fail",
  "base-image": "debian:12",
  platform: "linux/arm64",
  pull: "missing",
  "headless-desktop": "optional",
  "cache-desktop-build": "true",
  "cache-container-build": "true",
  "desktop-install-script": "echo install",
  "desktop-setup-script-file": "setup.sh",
  "cached-files": "*.lock",
  "cache-version": "v2",
  builder: "mine",
  "build-timeout": "2.5",
  "build-secrets": "TOKEN",
  "cached-preflight": "  echo cached  \n\necho more\n",
  "run-preflight-file": "setup.sh",
  "settings-preflight": "echo settings",
  "environment-preflight": "echo legacy",
  registry: "ghcr.io/owner/name",
  "registry-username": "me",
  "registry-password": "hunter2",
  push: "always",
  rebuild: "true",
  prompt: "  do it\n\nplease\n",
  command: "  make\n  make test\n",
  "task-timeout": "0.5",
  env: "A=1\nB= two words\nTOKEN",
  "artifacts-limit": "500m",
  user: "1000:1000",
  "container-workdir": "/work",
  network: "none",
  mounts: "type=tmpfs,target=/a\ntype=tmpfs,target=/b",
  cpus: "1.5",
  memory: "4g",
};
const step = { TOKEN: "secret" };
const files = { "setup.sh": "echo setup\r\n", "a.lock": "a", "b.lock": "b" };

const asInputs = (of: Record<string, string>) =>
  readInputs(
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
  );

async function jobs(of: Record<string, string>, yaml = stringify(of)): Promise<Job[]> {
  const folder = workspace({ ...files, "agent.yml": yaml });
  const { settings } = readFlags(Object.entries(of).map(([name, value]) => `--${name}=${value}`));
  const read = await Promise.all([
    loadJob(asInputs(of), folder, step),
    loadJob(settings, folder, step),
    loadJob(asInputs({ environment: "agent.yml" }), folder, step),
  ]);
  // the path of the file itself is a setting, and not what is compared
  return read.map((job) => {
    const { environment: _, ...rest } = job.settings;
    return { ...job, settings: rest as Job["settings"] };
  });
}

describe("inputs, flags and file", () => {
  it("give the same job for the same settings", async () => {
    const [inputs, flags, file] = await jobs(given);
    expect(flags).toEqual(inputs);
    expect(file).toEqual(inputs);
    expect(inputs?.prompt?.toString()).toBe(given.prompt);
    expect(inputs?.settings["build-timeout"]).toBe(2.5);
    expect([...(inputs?.environment ?? [])]).toEqual([
      ["A", "1"],
      ["B", " two words"],
      ["TOKEN", "secret"],
    ]);
  });

  // YAML's number 1.10 is 1.1
  it("agree on a version that looks like a number", async () => {
    const of = { mode: "plan", "cache-version": "1.10" };
    const [inputs, , file] = await jobs(of, "mode: plan\ncache-version: 1.10\n");
    expect(inputs?.settings["cache-version"]).toBe("1.10");
    expect(file?.settings["cache-version"]).toBe("1.10");
  });

  // a value that is a word has no blanks around it, whoever brought it
  it("agree on blanks around a word", async () => {
    const [inputs, flags, file] = await jobs({ mode: "plan", "base-image": " debian:12 " });
    expect(inputs?.settings["base-image"]).toBe("debian:12");
    expect(flags?.settings["base-image"]).toBe("debian:12");
    expect(file?.settings["base-image"]).toBe("debian:12");
  });

  it("take an empty value as one not given", async () => {
    const [inputs, flags, file] = await jobs({
      mode: "plan",
      pull: "",
      registry: "",
      prompt: " \n",
    });
    expect(inputs?.settings.pull).toBe("always");
    expect(inputs?.prompt).toBeUndefined();
    expect(flags).toEqual(inputs);
    expect(file).toEqual(inputs);
  });
});

describe("flags", () => {
  it("take the mode as their first word and settings with = or a blank", () => {
    expect(readFlags(["plan", "--pull", "never", "--cpus=2"]).settings).toMatchObject({
      mode: { value: "plan" },
      pull: { value: "never" },
      cpus: { value: "2" },
    });
  });

  it.each([
    [["--cache-desktop-build", "--pull", "never"]],
    [["--pull=never", "--cache-desktop-build"]],
  ])("that are true or false may stand alone: %j", (argv) => {
    const { settings } = readFlags(argv);
    expect(settings["cache-desktop-build"]?.value).toBe("true");
    expect(settings.pull?.value).toBe("never");
  });

  it("know help", () => {
    expect([readFlags(["--help"]).help, readFlags(["-h"]).help, readFlags([]).help]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("that are unknown, no flags or without a value are all told at once", () => {
    let error: unknown;
    try {
      readFlags(["plan", "--mdoe=run", "stray", "--cpus"]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BadInput);
    const messages = (error as BadInput).problems.map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringMatching(/--mdoe; did you mean --mode/),
      expect.stringMatching(/"stray" is not a flag/),
      expect.stringMatching(/--cpus needs a value/),
    ]);
  });
});
