import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AgentName, agents } from "../../../src/agents/agents.ts";
import { hash16, sha256 } from "../../../src/keys/hash.ts";
import { agentContent } from "../../../src/layers/agent-install.ts";
import { bundled } from "../../../src/layers/agent-tools.ts";
import type { Content } from "../../../src/layers/content.ts";
import { planLayers } from "../../../src/layers/plan.ts";
import { desktopContent, envContent, noOptions } from "../fakes.ts";

const folder = join(import.meta.dirname, "../../golden");
const golden = JSON.parse(readFileSync(join(folder, "agent-keys.json"), "utf8")) as Record<
  string,
  string
>;

const base = { variant: "12", sha256: "1111222233334444".padEnd(64, "5") };
const texts: Record<string, string> = {
  install: "apt-get update\napt-get install -y xterm\n",
  setup: "echo fluxbox >/etc/session\n",
  preflight: "apt-get install -y jq\n",
};
/** The fakes' contents with the scripts of the golden vectors. */
const withTexts = (content: Content): Content => ({
  ...content,
  scripts: content.scripts.map((one) => ({ ...one, text: texts[one.component] ?? "" })),
});
const desktop = withTexts(desktopContent);
const env = withTexts(envContent);

const agent = async (name: AgentName, version: string, bundles = bundled): Promise<Content> => {
  const { binary, npmPackage, node } = agents[name];
  const content = await agentContent({ agent: name, binary, npmPackage, node, version }, bundles);
  return { ...content, fetch: async () => [] };
};

function layers(...contents: Content[]) {
  return planLayers(base, contents, noOptions);
}
const keyOf = (...contents: Content[]) => layers(...contents).at(-1)?.key;

describe("the golden keys of the agent's layer", () => {
  it("are what the code computes: on the base, on each layer, and on both", async () => {
    expect({
      base: keyOf(await agent("codex", "0.169.0")),
      desktop: keyOf(desktop, await agent("claude", "2.1.330")),
      env: keyOf(env, await agent("gemini", "0.61.0")),
      "desktop and env": keyOf(desktop, env, await agent("copilot", "1.0.102")),
      prerelease: keyOf(await agent("codex", "1.0.0-alpha.1+x")),
    }).toEqual(golden);
  });

  it("are what the commands of agent.sh print", async () => {
    const printed = execFileSync("bash", [join(folder, "agent.sh")], { encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual(golden);
  });

  it("stay below a tag's 128 characters, whatever they stand on", async () => {
    for (const key of Object.values(golden)) expect(key.length).toBeLessThan(128);
    const long = { variant: "v".repeat(16), sha256: base.sha256 };
    const all = planLayers(
      long,
      [desktop, env, await agent("copilot", `1.0.0-${"a".repeat(200)}`)],
      noOptions,
    );
    for (const { key } of all) expect(key.length).toBeLessThanOrEqual(126);
  });
});

describe("the agent's layer", () => {
  it("has the parent's key and every component down to the base among its labels", async () => {
    const [below, top] = layers(env, await agent("gemini", "0.61.0"));
    expect(top?.parent).toBe(below);
    expect(top?.reference).toBe(`agent-runner-agent:${golden.env}`);
    expect(top?.labels).toMatchObject({
      "io.agent-runner.layer": "agent",
      "io.agent-runner.key": golden.env,
      "io.agent-runner.parent": below?.key,
      "io.agent-runner.component.base": base.sha256,
      "io.agent-runner.component.preflight": sha256(texts.preflight ?? ""),
      "io.agent-runner.component.version": sha256("0.61.0"),
    });
    expect(golden.env?.split("-")[1]).toBe(hash16(below?.key ?? ""));
  });

  it("of another version leaves the layers below as they are", async () => {
    const [one, other] = await Promise.all(
      ["0.61.0", "0.61.1"].map(async (version) =>
        layers(desktop, env, await agent("gemini", version)),
      ),
    );
    expect(one?.slice(0, 2).map(({ key }) => key)).toEqual(
      other?.slice(0, 2).map(({ key }) => key),
    );
    expect(one?.[2]?.key).not.toBe(other?.[2]?.key);
  });

  it("of another agent in the same version is another", async () => {
    expect(keyOf(await agent("codex", "1.0.0"))).not.toBe(keyOf(await agent("claude", "1.0.0")));
  });

  it.each(["node", "npm"])("with another %s for images without one is another", async (tool) => {
    const key = (version: string) =>
      agent("codex", "1.0.0", { ...bundled, [tool]: version }).then(keyOf);
    expect(await key("1.2.3")).not.toBe(await key("1.2.4"));
  });
});
