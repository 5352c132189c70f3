import { extract } from "tar-stream";
import { expect, it } from "vitest";
import { type AgentName, agents, installLine } from "../../../src/agents/agents.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import type { Container } from "../../../src/task/container.ts";
import { createContainer } from "../../../src/task/create.ts";
import type { TaskRequest } from "../../../src/task/request.ts";
import { planWorkspace } from "../../../src/task/workspace/plan.ts";
import { fakeDocker } from "../fakes.ts";
import { load, workspace } from "../settings/workspace.ts";

/** What enters the container for such a job, and every docker command line. */
async function entered(inputs: Record<string, string>) {
  const job = await load({ inputs: { "base-image": "debian:12", ...inputs } });
  const files = new Map<string, Buffer>();
  const container = {
    name: "it",
    async copyIn(archive) {
      const reading = archive.pipe(extract());
      for await (const entry of reading) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        files.set(entry.header.name, Buffer.concat(chunks));
      }
    },
  } as Partial<Container> as Container;
  const docker = fakeDocker(() => ({}));
  const request = {
    job,
    image: "it:1",
    missing: [],
    user: undefined,
    imageUser: "",
    runId: "1",
    folder: workspace(),
    environment: new Map(),
    secrets: new Map(),
    assets: new Map(),
  } as Partial<TaskRequest> as TaskRequest;
  await createContainer(
    dockerEngine(docker),
    container,
    request,
    planWorkspace({ uid: 0, gid: 0 }, ""),
  );
  return {
    argv: (files.get("run/agent-runner/agent")?.toString() ?? "").split("\0").slice(0, -1),
    prompt: files.get("run/agent-runner/prompt")?.toString(),
    commands: docker.calls.flat(),
  };
}

const fixed: Record<AgentName, string[]> = {
  codex: [
    "codex",
    "exec",
    "--dangerously-bypass-approvals-and-sandbox",
    "--skip-git-repo-check",
    "-",
  ],
  claude: ["claude", "--print", "--dangerously-skip-permissions"],
  gemini: ["gemini", "--approval-mode=yolo", "--skip-trust"],
  copilot: ["copilot", "--allow-all", "--silent"],
};
const names = Object.keys(fixed) as AgentName[];

it("knows four agents and no other", () => {
  expect(Object.keys(agents).sort()).toEqual([...names].sort());
});

it.each(names)("%s runs without questions, and its prompt is in no command line", async (agent) => {
  const prompt = "--help me, please: $(id)";
  const { argv, prompt: written, commands } = await entered({ agent, prompt });
  expect(argv).toEqual(fixed[agent]);
  expect(written).toBe(prompt);
  expect(commands.join("\n")).not.toContain("help me");
});

it.each(names)("%s gets further arguments word for word, one a line", async (agent) => {
  const { argv } = await entered({
    agent,
    prompt: "x",
    "agent-args": "--model\nbig one\n$(id) 'q'",
  });
  const last = agent === "codex" ? ["-"] : [];
  const before = fixed[agent].filter((word) => word !== "-");
  expect(argv).toEqual([...before, "--model", "big one", "$(id) 'q'", ...last]);
});

it("is installed by its npm package's name, in the version that is wanted", () => {
  expect(names.map((name) => installLine(name, "1.2.3"))).toEqual([
    "npm install --global @openai/codex@1.2.3",
    "npm install --global @anthropic-ai/claude-code@1.2.3",
    "npm install --global @google/gemini-cli@1.2.3",
    "npm install --global @github/copilot@1.2.3",
  ]);
  expect(installLine("codex")).toBe("npm install --global @openai/codex@latest");
});

it("lets claude skip permissions as root, and no other agent think it is in a sandbox", () => {
  expect(agents.claude.environment).toEqual({ IS_SANDBOX: "1" });
  for (const name of names.filter((other) => other !== "claude")) {
    expect(agents[name].environment).not.toHaveProperty("IS_SANDBOX");
  }
});

it.each(["aider", "Codex", "constructor"])("refuses the unknown agent %j", async (agent) => {
  await expect(entered({ agent, prompt: "x" })).rejects.toThrow();
});
