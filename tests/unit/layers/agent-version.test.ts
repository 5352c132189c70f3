import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { exactVersion, npmEnvironment } from "../../../src/layers/agent-version.ts";
import { contentsOf } from "../../../src/layers/rules.ts";
import { load, workspace } from "../settings/workspace.ts";

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

/** An `npm` that stands first on the PATH, notes its arguments, and says this. */
function npm(script: string): string {
  const bin = workspace({
    npm: `#!/usr/bin/env bash\nprintf '%s\\n' "$@" >"$0.args"\n${script}\n`,
  });
  chmodSync(join(bin, "npm"), 0o755);
  process.env.PATH = `${bin}${delimiter}${path}`;
  return bin;
}

describe("the version of an agent", () => {
  it.each(["1.2.3", "0.0.1", "1.2.3-alpha.4", "1.2.3-rc.1+build.5"])(
    "that is exact is asked of nobody: %s",
    async (version) => {
      npm("exit 1");
      expect(await exactVersion("codex", version)).toBe(version);
    },
  );

  it.each(["latest", "next", "1", "1.2"])("that is not is asked of npm: %s", async (wanted) => {
    const bin = npm(`echo '"9.8.7"'`);
    expect(await exactVersion("claude", wanted)).toBe("9.8.7");
    expect(readFileSync(join(bin, "npm.args"), "utf8").split("\n").slice(0, 4)).toEqual([
      "view",
      `@anthropic-ai/claude-code@${wanted}`,
      "version",
      "--json",
    ]);
  });

  it("of a range is the newest in it", async () => {
    npm(`echo '["1.0.0","1.2.0","1.10.0"]'`);
    expect(await exactVersion("codex", "1")).toBe("1.10.0");
  });

  it.each([
    ["fails", "exit 1"],
    ["says nothing", "true"],
    ["says no version", `echo '"latest; rm -rf /"'`],
    ["says something else", "echo '{}'"],
    ["talks", "echo 'npm warn: hello'"],
  ])("is not known when npm %s", async (_what, script) => {
    npm(script);
    expect(await exactVersion("codex", "latest")).toBeUndefined();
  });

  it("is not known where there is no npm", async () => {
    const bin = workspace();
    writeFileSync(join(bin, "nothing"), "");
    process.env.PATH = bin;
    expect(await exactVersion("codex", "latest")).toBeUndefined();
  });
});

describe("npm, which obeys the `.npmrc` it finds", () => {
  const noted = (bin: string, what: string) => readFileSync(join(bin, `npm.${what}`), "utf8");

  it("runs in a folder of its own, which is gone afterwards", async () => {
    const bin = npm(
      `pwd >"$0.cwd"; ls -A >"$0.files"; cat package.json >"$0.json"; echo '"9.8.7"'`,
    );
    expect(await exactVersion("codex", "latest")).toBe("9.8.7");
    const folder = noted(bin, "cwd").trim();
    expect(folder).not.toContain(process.cwd());
    expect(noted(bin, "files")).toBe("package.json\n");
    // without one npm would go on upwards, and beyond one look for the workspaces it is part of
    expect(JSON.parse(noted(bin, "json"))).toEqual({});
    expect(noted(bin, "args")).toContain("--no-workspaces");
    expect(existsSync(folder)).toBe(false);
    npm(`pwd >${join(bin, "npm.cwd")}; exit 1`);
    expect(await exactVersion("codex", "latest")).toBeUndefined();
    expect(existsSync(noted(bin, "cwd").trim())).toBe(false);
  });

  it("gets nothing of the environment that an `.npmrc` could give away", async () => {
    const bin = npm(`env >"$0.env"; echo '"9.8.7"'`);
    const environment = {
      PATH: process.env.PATH,
      HOME: "/home/runner",
      HTTPS_PROXY: "http://proxy:1",
      npm_config_registry: "https://npm.example",
      ACTIONS_RUNTIME_TOKEN: "secret-1",
      "INPUT_GITHUB-TOKEN": "secret-2",
      ANTHROPIC_API_KEY: "secret-3",
      NODE_OPTIONS: "--require=/tmp/x.js",
    };
    await exactVersion("codex", "latest", { environment });
    const lines = noted(bin, "env").trim().split("\n");
    expect(lines).toEqual(expect.arrayContaining(["HOME=/home/runner"]));
    expect(lines).toEqual(expect.arrayContaining(["npm_config_registry=https://npm.example"]));
    expect(lines).toEqual(expect.arrayContaining(["HTTPS_PROXY=http://proxy:1"]));
    expect(lines.join("\n")).not.toMatch(/secret|NODE_OPTIONS/);
  });

  it.each([
    ["PATH", true],
    ["HOME", true],
    ["http_proxy", true],
    ["NO_PROXY", true],
    ["ALL_PROXY", true],
    ["NODE_EXTRA_CA_CERTS", true],
    ["SSL_CERT_FILE", true],
    ["SSL_CERT_DIR", true],
    ["NPM_CONFIG_USERCONFIG", true],
    ["npm_config_//npm.example/:_authToken", true],
    ["INPUT_NPM_CONFIG_X", false],
    ["ACTIONS_RUNTIME_TOKEN", false],
    ["GITHUB_TOKEN", false],
    ["NODE_AUTH_TOKEN", false],
    ["XPATH", false],
    ["MY_HTTP_PROXY", false],
  ])("gets %s: %j", async (name, given) => {
    expect(await npmEnvironment({ [name]: "x" })).toEqual(given ? { [name]: "x" } : {});
  });

  // the tests' own limits tell: they are shorter than all that would end it otherwise
  it("is ended when it takes too long", async () => {
    npm("exec sleep 300");
    expect(await exactVersion("codex", "latest", { limitMs: 200 })).toBeUndefined();
  }, 12_000);

  it("is ended by a cancel", async () => {
    npm("exec sleep 300");
    const options = { signal: AbortSignal.timeout(200), limitMs: 300_000 };
    expect(await exactVersion("codex", "latest", options)).toBeUndefined();
  });
});

describe("the agent as content", () => {
  const inputs = { "base-image": "debian:12", agent: "codex", prompt: "x" };

  it("is there with `agent-version`, and cached", async () => {
    npm(`echo '"9.8.7"'`);
    const job = await load({ inputs: { ...inputs, "agent-version": "latest" } });
    const [content] = await contentsOf(job, {
      warn: (message) => expect(message).toBeUndefined(),
    });
    expect(content).toMatchObject({
      name: "agent",
      cached: true,
      agent: { name: "codex", version: "9.8.7" },
    });
    const [script] = content?.scripts ?? [];
    expect(script?.text).toMatch(
      /^agent=codex binary=codex package=@openai\/codex version=9\.8\.7 node=16 bundled_node=\d+\.\d+\.\d+ bundled_npm=\d+\.\d+\.\d+\n/,
    );
    expect(script?.label).toBe("the installation of codex 9.8.7 (`agent-version`)");
  });

  it("is not cached, with a warning, when its version is not known", async () => {
    npm("exit 1");
    const job = await load({ inputs: { ...inputs, "agent-version": "latest" } });
    const warnings: string[] = [];
    const [content] = await contentsOf(job, { warn: (message) => warnings.push(message) });
    expect(content).toMatchObject({ name: "agent", cached: false });
    expect(content?.scripts[0]?.text).toContain("package=@openai/codex version=latest ");
    expect(warnings).toEqual([expect.stringMatching(/codex `latest`/)]);
  });

  it("is not waited for once the step is cancelled", async () => {
    npm("exec sleep 300");
    const job = await load({ inputs: { ...inputs, "agent-version": "latest" } });
    const [content] = await contentsOf(job, { warn: () => {}, signal: AbortSignal.abort() });
    expect(content).toMatchObject({ name: "agent", cached: false });
  }, 12_000);

  it("is not there without `agent-version`: the image has it", async () => {
    expect(await contentsOf(await load({ inputs }), { warn: () => {} })).toEqual([]);
  });
});
