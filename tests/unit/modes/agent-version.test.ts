import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { exactVersion } from "../../../src/modes/agent-version.ts";
import { contentsOf } from "../../../src/modes/content.ts";
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

describe("the agent as content", () => {
  const inputs = { "base-image": "debian:12", agent: "codex", prompt: "x" };

  it("is there with `agent-version`, and cached", async () => {
    npm(`echo '"9.8.7"'`);
    const job = await load({ inputs: { ...inputs, "agent-version": "latest" } });
    const [content] = await contentsOf(job, (message) => expect(message).toBeUndefined());
    expect(content).toMatchObject({
      name: "agent",
      cached: true,
      agent: { name: "codex", version: "9.8.7" },
    });
    const [script] = content?.scripts ?? [];
    expect(script?.text).toContain("npm install --global @openai/codex@9.8.7 ");
    expect(script?.text).toMatch(/command -v npm[\s\S]*Node\.js[\s\S]*exit 1/);
    expect(script?.label).toBe("the installation of codex 9.8.7 (`agent-version`)");
  });

  it("is not cached, with a warning, when its version is not known", async () => {
    npm("exit 1");
    const job = await load({ inputs: { ...inputs, "agent-version": "latest" } });
    const warnings: string[] = [];
    const [content] = await contentsOf(job, (message) => warnings.push(message));
    expect(content).toMatchObject({ name: "agent", cached: false });
    expect(content?.scripts[0]?.text).toContain("@openai/codex@latest ");
    expect(warnings).toEqual([expect.stringMatching(/codex `latest`/)]);
  });

  it("is not there without `agent-version`: the image has it", async () => {
    expect(await contentsOf(await load({ inputs }), () => {})).toEqual([]);
  });
});
