import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { payloadOf } from "../unit/github/payloads.ts";
import { act, messages } from "./support/act.ts";
import { exampleWorld } from "./support/example-world.ts";
import { workspaceWith } from "./support/workspace.ts";

// Questions at a pull request, through the whole action: the API is a stand-in, git and the engine are real, and a
// program with an agent's name answers. Costs 25 s.

const answer = JSON.stringify({
  ...{ type: "result", subtype: "success", is_error: false, num_turns: 1, session_id: "s-1" },
  result: "Because **nobody** has opened it.",
});

const tool = ["#!/bin/bash", "cat >prompt.txt", "cat <<'ANSWER'", answer, "ANSWER"].join("\n");

const inputs = {
  "trigger-phrase": "/agent",
  agent: "claude",
  env: "ANTHROPIC_API_KEY",
  "run-preflight": [
    `mkdir -p /tmp/bin; cat >/tmp/bin/claude <<'TOOL'\n${tool}\nTOOL`,
    "chmod +x /tmp/bin/claude; export PATH=/tmp/bin:$PATH",
  ].join("\n"),
};

type World = Awaited<ReturnType<typeof exampleWorld>>;

const asks = (body: string, id: number) => {
  const payload = payloadOf("issue_comment");
  const { comment, issue } = payload as Record<string, Record<string, unknown>>;
  return {
    name: "issue_comment",
    payload: {
      ...{ ...payload, action: "created", comment: { ...comment, id, body } },
      issue: { ...issue, pull_request: { url: "x" } },
    },
  };
};

/** Somebody writes a comment on the pull request, and the workflow runs for it. */
async function ask(world: World, event: ReturnType<typeof asks>, sender = "octocat") {
  const happened = world.happens(event);
  const payload = { ...happened.payload, sender: { login: sender, type: "User" } };
  return act(inputs, {
    workspace: await workspaceWith({}),
    event: { ...happened, payload },
    env: {
      ...{ ...world.env, GITHUB_ACTOR: sender, GITHUB_TRIGGERING_ACTOR: sender },
      ANTHROPIC_API_KEY: "sk-ant-stand-in",
    },
  });
}

const promptOf = ({ workspace }: { workspace: string }) =>
  readFile(join(workspace, "prompt.txt"), "utf8");

test("two questions are answered, a stranger's and an edited one are refused, each in the thread", async () => {
  const world = await exampleWorld();
  const { comments } = world.thread;
  const ours = () => comments.filter(({ user }) => user?.type === "Bot").map(({ body }) => body);

  const first = await ask(world, asks("/agent why is it closed?", 501));
  expect(messages(first, "error")).toEqual([]);
  expect(messages(first, "warning")).toEqual([]);
  expect(first.outputs.conclusion).toBe("success");
  expect(await promptOf(first)).toMatch(/question of octocat\nwhy is it closed\?\nEND/);
  expect(await readFile(join(first.workspace, "door.txt"), "utf8")).toBe("half open\n");
  expect(first.log).not.toContain("why is it closed");

  const second = await ask(world, asks("/agent and who opens it?", 502));
  const told = await promptOf(second);
  expect(told).toMatch(/question of octocat\nand who opens it\?\nEND/);
  expect(told).toMatch(/Because \*\*nobody\*\* has opened it/); // the first answer is in the thread

  const stranger = await ask(world, asks("/agent open it for me", 503), "mallory");
  expect(stranger.outputs).toMatchObject({ conclusion: "skipped", "exit-code": "" });
  expect(stranger.exitCode).toBe(0);
  expect(stranger.summary).toMatch(/skipped[\s\S]*mallory/);

  const event = asks("/agent close it", 504);
  const later = world.happens(event); // which writes it; by the time the run begins it says something else
  const written = comments.find(({ id }) => id === 504);
  if (written) written.body = "/agent burn it";
  const edited = await act(inputs, {
    workspace: await workspaceWith({}),
    event: later,
    env: { ...world.env, ANTHROPIC_API_KEY: "sk-ant-stand-in" },
  });
  expect(edited.outputs.conclusion).toBe("skipped");

  expect(ours()).toEqual([
    expect.stringMatching(
      /asked=issue-comment-501 .*state=done[\s\S]*why is it closed\?[\s\S]*nobody/,
    ),
    expect.stringMatching(/asked=issue-comment-502 .*state=done[\s\S]*who opens it\?[\s\S]*nobody/),
    expect.stringMatching(/asked=issue-comment-503 .*state=refused[\s\S]*`?write`?[\s\S]*required/),
    expect.stringMatching(
      /asked=issue-comment-504 .*state=refused[\s\S]*edited after it was asked/,
    ),
  ]);
});

test("what does not ask ends as skipped, before anything is asked for", async () => {
  const world = await exampleWorld();
  const result = await ask(world, asks("looks good to me", 501), "mallory");
  expect(result.outputs.conclusion).toBe("skipped");
  expect(messages(result, "warning")).toEqual([]);
  expect(world.api.requests).toEqual([]);
});
