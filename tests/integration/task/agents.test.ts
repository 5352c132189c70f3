import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AgentName, agents } from "../../../src/agents/agents.ts";
import { dockerLog } from "../../harness/docker-log.ts";
import { act, messages, printed, salt } from "../support/act.ts";
import { fakeAgents, inHome, inImage } from "../support/fake-agents.ts";
import { asImageUser, foreignIn, runnersWorkspace } from "../support/task-users.ts";
import { workspaceWith } from "../support/workspace.ts";

const version = { "cache-version": salt() };

/** The words of an agent's command line, with some of the user's among them. */
const argvOf = (agent: string, ...further: string[]) =>
  agents[agent as AgentName].launch({ further }).argv;

/** Of 1 MB, which no argv can hold, and like an option at its start. */
const prompt = Buffer.concat([
  Buffer.from("--dangerous\n-x \u{1f600} $(id) `id` \r\n\0\n"),
  Buffer.alloc(1_000_000, "0123456789 of the prompt\n"),
]);

const noted = async (workspace: string, name: string) =>
  (await readFile(join(workspace, name), "latin1")).split("\0").slice(0, -1);

describe.each(Object.keys(agents))("%s", (agent) => {
  test("gets its fixed arguments, the user's, and the prompt byte for byte on its input", async () => {
    const workspace = await workspaceWith({ "prompt.md": prompt });
    const docker = await dockerLog();
    const result = await act(
      {
        ...inImage,
        ...version,
        agent,
        "prompt-file": "prompt.md",
        "agent-args": "--model\nwith blanks '$HOME'",
      },
      { workspace, env: docker.env },
    );
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
    expect(await noted(workspace, "argv")).toEqual(argvOf(agent, "--model", "with blanks '$HOME'"));
    expect((await readFile(join(workspace, "stdin"))).equals(prompt)).toBe(true);
    // Neither beside the agent in the container nor on the runner does any command line hold it.
    expect((await noted(workspace, "ps")).join("\n")).not.toContain("of the prompt");
    expect((await docker.commands()).flat().join("\n")).not.toContain("of the prompt");
    const sandbox = agent === "claude" ? "1" : "unset";
    expect(printed(result)).toEqual([`task: user=0 folder=/workspace sandbox=${sandbox}`]);
  });

  test("runs as the image's own user, in a workspace that belongs to another", async () => {
    const workspace = await runnersWorkspace({ "prompt.md": prompt });
    const result = await act(
      { ...asImageUser, ...inHome, ...version, agent, "prompt-file": "prompt.md" },
      { workspace },
    );
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
    expect(await noted(workspace, "argv")).toEqual(argvOf(agent));
    expect((await readFile(join(workspace, "stdin"))).equals(prompt)).toBe(true);
    expect(printed(result)[0]).toMatch(/^task: user=4321 folder=\/workspace /);
    expect(await foreignIn(workspace)).toEqual([]);
  });
});

// the line of each agent is in unit/task/ends-agent
test("an agent that the image does not have is 127, with the line for the cached preflight", async () => {
  const agent = "codex";
  const result = await act({ ...asImageUser, agent, prompt: "x" });
  expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "127" });
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(
      new RegExp(`^${agent} was not found.*cached preflight: npm install --global @\\S+@latest`),
    ),
  ]);
});

test("a prompt in the workflow that begins with -- arrives as it stands, too", async () => {
  const workspace = await workspaceWith({});
  const text = "--version\n\n  -p 'x'  ";
  await act({ ...inImage, ...version, agent: "claude", prompt: text }, { workspace });
  expect(await readFile(join(workspace, "stdin"), "utf8")).toBe(text);
  expect(await noted(workspace, "argv")).toEqual(argvOf("claude"));
});

test("the user's own word on the sandbox counts more than ours", async () => {
  const result = await act({
    ...inImage,
    ...version,
    agent: "claude",
    prompt: "x",
    env: "IS_SANDBOX=0",
  });
  expect(printed(result)[0]).toMatch(/sandbox=0$/);
});

test("an agent that is not known is an error that names the four, and nothing is started", async () => {
  const docker = await dockerLog("stub");
  const result = await act({ agent: "aider", prompt: "x" }, { env: docker.env });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/agent.*aider.*codex.*claude.*gemini.*copilot/),
  ]);
  // nor by post, which has no run to clean up after
  expect(await docker.commands()).toEqual([]);
});

test("the agent has what preflights exported: variables, functions, PATH and the folder", async () => {
  const result = await act({
    ...asImageUser,
    agent: "copilot",
    prompt: "x",
    "settings-preflight": `${fakeAgents("/tmp/agents-bin")}\nexport NAME=world\nexit 0\nexport NAME=never`,
    "run-preflight": [
      "PATH=/tmp/agents-bin:$PATH",
      'greet() { echo "task: hello $NAME"; }',
      "export -f greet",
      "mkdir -p sub && cd sub",
    ].join("\n"),
  });
  expect(printed(result)).toEqual([
    "task: user=4321 folder=/workspace/sub sandbox=unset",
    "task: hello world",
  ]);
});

test("a preflight's failing line ends the step before the agent, marked in the workspace's file", async () => {
  const workspace = await runnersWorkspace({
    "ci/one.sh": "export A=1\nexit 0\nexit 9\n",
    "ci/two.sh": "true\n# a comment\n(exit 6) | cat\ntrue\n",
  });
  const result = await act(
    {
      ...asImageUser,
      ...inHome,
      ...version,
      agent: "codex",
      prompt: "x",
      "settings-preflight-file": "ci/one.sh",
      "run-preflight": "",
      "run-preflight-file": "ci/two.sh",
    },
    { workspace },
  );
  expect(result.annotations).toEqual([
    {
      level: "error",
      message: "ci/two.sh failed at line 3 with exit code 6",
      file: "ci/two.sh",
      line: 3,
    },
  ]);
  expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "6" });
  expect(printed(result)).toEqual([]);
  expect(await foreignIn(workspace)).toEqual([]);
});
