import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInputs } from "../../../src/settings/inputs.ts";
import { loadJob } from "../../../src/settings/load.ts";
import { BadInput } from "../../../src/settings/problem.ts";
import { messagesOf, workspace } from "./workspace.ts";

const command = "true";

/** Setting, value, and what the message has to say beside both. */
const bad: [setting: string, value: string, says: RegExp][] = [
  ["mode", "rnu", /allowed: .*`run`.*`plan`.*did you mean `run`/],
  ["base-image", "debian 12", /allowed: an image reference/],
  ["base-image", "-debian", /allowed/],
  ["base-image", "--privileged", /allowed/],
  ["base-image", "https://ghcr.io/a/b", /allowed/],
  ["platform", "linux", /`os\/architecture`/],
  ["pull", "sometimes", /`always`, `missing` or `never`/],
  ["headless-desktop", "maybe", /`true`, `false` or `optional`/],
  ["cache-desktop-build", "yes", /`true` or `false`/],
  ["cached-files", "../secrets", /without `\.\.`/],
  ["cached-files", "/etc/passwd", /relative to the workspace/],
  ["cache-version", "a b", /letters, digits/],
  ["builder", "-x", /buildx builder/],
  ["build-timeout", "-5", /minutes above 0/],
  ["build-timeout", "0", /minutes above 0/],
  ["build-timeout", "ten", /minutes above 0/],
  ["task-timeout", "-0.5", /minutes above 0/],
  ["task-timeout", "Infinity", /minutes above 0/],
  ["build-secrets", "a b", /`ID` or `ID=VARIABLE`/],
  ["registry", "https://ghcr.io/owner/name", /without a scheme/],
  ["registry", "-ghcr.io/x", /without a scheme/],
  ["registry", "ghcr.io/a b", /without a scheme/],
  ["push", "maybe", /`auto`, `always` or `never`/],
  ["on-cache-error", "explode", /`continue` or `fail`/],
  ["user", "root", /uid/],
  ["container-workdir", "workspace", /absolute path/],
  ["container-workdir", "./workspace", /absolute path/],
  ["container-workdir", "--workdir=/x", /absolute path/],
  ["container-workdir", "/.", /other than `\/`/],
  ["container-workdir", "//", /other than `\/`/],
  ["mounts", "--volume /a:/x", /one `type=bind\|volume\|tmpfs/],
  ["mounts", "-v /a:/x", /one `type=bind\|volume\|tmpfs/],
  ["mounts", "--tmpfs=/tmp", /one `type=bind\|volume\|tmpfs/],
  ["mounts", "--mount=type=tmpfs,target=/tmp", /one `type=bind\|volume\|tmpfs/],
  ["mounts", "source=/a,type=bind,target=/x", /one `type=bind\|volume\|tmpfs/],
  ["network", "HOST", /not `host`/],
  ["network", "--network=host", /the name of a network/],
  ["network", "container:other", /the name of a network/],
  ["user", "--user=0", /in numbers/],
  ["user", "0 --privileged", /in numbers/],
  ["platform", "--platform=linux/arm64", /os\/architecture/],
  ["memory", "--memory=1g", /a number/],
  ["cpus", "-1", /a number above 0/],
  ["container-workdir", "/", /other than `\/`/],
  ["container-workdir", "/a/../b", /without `\.\.`/],
  ["container-workdir", "/tmp", /would hide .*agents-.*choose another/],
  ["network", "--host", /name of a network/],
  ["network", "host", /what listens on the runner alone/],
  ["network", "container:other", /name of a network/],
  ["mounts", "/var/run:/x", /type=bind/],
  ["mounts", "type=bind,source=/var/run/docker.sock,target=/s", /engine's socket/],
  ["artifacts-limit", "lots", /`2g, 10000 files`/],
  ["artifacts-limit", "2 files, 1g", /`2g, 10000 files`/],
  ["artifacts-limit", "-1", /`500m`/],
  ["cpus", "0", /above 0/],
  ["cpus", "many", /above 0/],
  ["memory", "4 GB", /`4g`/],
  ["required-permission", "owner", /`none`, `read`, `triage`, `write`, `maintain` or `admin`/],
  ["allow-users", "*", /logins of people/],
  ["allow-users", "octocat, dependabot[bot]", /logins of people/],
  ["allow-bots", "*", /names of bots/],
  ["allow-bots", "@renovate", /names of bots/],
];

describe("bad input", () => {
  it.each(bad)("%s: %j names setting, value and what is allowed", async (setting, value, says) => {
    const messages = await messagesOf({ inputs: { command, [setting]: value } });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(new RegExp(`^${setting}: `));
    expect(messages[0]).toContain(JSON.stringify(value));
    expect(messages[0]).toMatch(says);
  });

  it("is all told at once", async () => {
    const given = Object.fromEntries(bad.map(([setting, value]) => [setting, value]));
    const messages = await messagesOf({
      inputs: { ...given, prompt: "a", "prompt-file": "b", "run-preflight-file": "missing.sh" },
    });
    for (const setting of Object.keys(given)) {
      expect(messages.filter((message) => message.startsWith(`${setting}: `))).toHaveLength(1);
    }
    expect(messages.join("\n")).toMatch(/prompt and prompt-file: both/);
    expect(messages.join("\n")).toMatch(/run-preflight-file: "missing\.sh" does not exist/);
  });

  it("a value of `env` with several lines is told with its line and the way out, and not shown", async () => {
    const env = "A=1\n\nKEY=-----BEGIN\nMIIE+secret\n-----END";
    const messages = await messagesOf({ inputs: { command, env } });
    expect(messages).toEqual([
      expect.stringMatching(
        /^env: line 4 is neither .*several lines goes into the step's own `env:`/,
      ),
      expect.stringMatching(/^env: line 5 /),
    ]);
    expect(messages.join()).not.toContain("secret");
  });

  it.each([
    ["prompt", "prompt-file"],
    ["command", "agent"],
    ["cached-preflight", "cached-preflight-file"],
    ["run-preflight", "run-preflight-file"],
    ["settings-preflight", "settings-preflight-file"],
    ["environment-preflight", "environment-preflight-file"],
    ["desktop-install-script", "desktop-install-script-file"],
    ["desktop-setup-script", "desktop-setup-script-file"],
  ])("%s and %s are not given together", async (one, other) => {
    const messages = await messagesOf({
      inputs: { command, [one]: "echo", [other]: other === "agent" ? "claude" : "a.sh" },
      files: { "a.sh": "echo\n" },
    });
    expect(messages).toContainEqual(expect.stringMatching(`^${one} and ${other}: both are given`));
  });

  it("is a script file that is missing, a directory, not text, or outside", async () => {
    const folder = workspace({ "nul.sh": "a\0b", "latin.sh": Buffer.from([0x63, 0xe9]) });
    mkdirSync(join(folder, "directory.sh"));
    symlinkSync("/etc/hostname", join(folder, "link.sh"));
    const told = async (path: string) => {
      const inputs = readInputs({ INPUT_COMMAND: "true", "INPUT_CACHED-PREFLIGHT-FILE": path });
      const error = await loadJob(inputs, folder, {}).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BadInput);
      expect((error as BadInput).problems).toHaveLength(1);
      expect((error as BadInput).message).toMatch(/^cached-preflight-file: /);
      return (error as BadInput).message;
    };
    expect(await told("missing.sh")).toMatch(/"missing\.sh" does not exist/);
    expect(await told("directory.sh")).toMatch(/is a directory/);
    expect(await told("nul.sh")).toMatch(/NUL/);
    expect(await told("latin.sh")).toMatch(/UTF-8/);
    expect(await told("link.sh")).toMatch(/leads out of the workspace/);
    expect(await told("../outside.sh")).toMatch(/does not exist|leads out/);
    expect(await told("nul.sh/deeper")).toMatch(/does not exist/);
  });

  it("is nothing to run", async () => {
    expect(await messagesOf({ inputs: {} })).toEqual([expect.stringMatching(/^command: nothing/)]);
    expect(await messagesOf({ inputs: { mode: "plan" } })).toEqual([]);
  });

  it("is shown on one line and not without end", async () => {
    const [message = ""] = await messagesOf({
      inputs: { command, "base-image": `a\nb${"c".repeat(500)}` },
    });
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(250);
  });
});
