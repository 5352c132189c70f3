import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { startAnthropic } from "../harness/models/anthropic.ts";
import { says } from "../harness/models/server.ts";
import { act, layer, messages } from "./support/act.ts";
import { BARE_IMAGE, bridgeAddress, ensureBareImage } from "./support/bare-image.ts";
import { installedAgent, installing } from "./support/installed-agent.ts";
import { useRegistry } from "./support/registries.ts";
import { workspaceWith } from "./support/workspace.ts";

// The README's snippets, one pasted under the other, as a reader does it; what this machine cannot have is replaced by
// its own: the base image, the registry, the model's address, and today's latest agent, by one that other files have, too.

const registry = useRegistry();

interface Step {
  uses: string;
  env?: Record<string, string>;
  with: Record<string, string>;
}

/** The steps of the README's first section. */
function steps(): Step[] {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const [, section = ""] = /## The step to paste([\s\S]*?)\n## /.exec(readme) ?? [];
  const snippets = [...section.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  expect(snippets).toHaveLength(3);
  return parse(snippets.join(""));
}

test("pasted one under the other, they run", { timeout: installing }, async () => {
  await ensureBareImage();
  const [command, agent, ...more] = steps();
  expect(more).toEqual([]);
  const own = { "base-image": BARE_IMAGE, registry: `${registry().address}/demo` };
  const login = { "registry-username": "octocat", "registry-password": "token" };
  const workspace = await workspaceWith({ "a.txt": "a", "b/c.txt": "c" });
  const first = await act({ ...command?.with, ...own, ...login }, { workspace });
  expect(messages(first, "error")).toEqual([]);
  expect(first.transcript).toBe("2\n");
  expect(layer(first, "env")).toMatchObject({ source: "built" });

  const key = { ANTHROPIC_API_KEY: "sk-ant-stand-in" };
  const planned = await act(
    { ...agent?.with, "base-image": BARE_IMAGE, mode: "plan" },
    { workspace, env: key },
  );
  expect(messages(planned, "error")).toEqual([]);
  expect(layer(planned, "agent").key).toMatch(/^claude-/);

  const { inputs: installed } = await installedAgent("claude");
  const model = await startAnthropic({ host: await bridgeAddress() });
  try {
    const env = `${agent?.with.env}\nANTHROPIC_BASE_URL=${model.url}`;
    const second = await act({ ...agent?.with, ...installed, env }, { workspace, env: key });
    expect(messages(second, "error")).toEqual([]);
    expect(second.outputs["final-message"]).toBe(says.message);
  } finally {
    await model.stop();
  }
});
