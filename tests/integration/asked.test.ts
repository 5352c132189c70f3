import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ciEnded } from "../harness/example-events.ts";
import { payloadOf } from "../unit/github/payloads.ts";
import { git } from "../unit/task/changes/repository.ts";
import { act, messages } from "./support/act.ts";
import { exampleWorld } from "./support/example-world.ts";
import { workspaceWith } from "./support/workspace.ts";

// Questions at a pull request, through the whole action: the API is a stand-in, git and the engine are real, and a
// program with an agent's name answers. Costs 30 s.

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
async function ask(
  world: World,
  event: ReturnType<typeof asks>,
  sender = "octocat",
  more: Record<string, string> = {},
) {
  const happened = world.happens(event);
  const payload = { ...happened.payload, sender: { login: sender, type: "User" } };
  return act(
    { ...inputs, ...more },
    {
      workspace: await workspaceWith({}),
      event: { ...happened, payload },
      env: {
        ...{ ...world.env, GITHUB_ACTOR: sender, GITHUB_TRIGGERING_ACTOR: sender },
        ANTHROPIC_API_KEY: "sk-ant-stand-in",
        NPM_TOKEN: "npm_0123456789",
      },
    },
  );
}

const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");

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

  for (const comment of comments) {
    // or it would be of the second that it is asked in
    Object.assign(comment, { created_at: hourAgo, updated_at: hourAgo });
  }
  const second = await ask(world, asks("/agent and who opens it?", 502));
  const told = await promptOf(second);
  expect(told).toMatch(/question of octocat\nand who opens it\?\nEND/);
  expect(told).toMatch(/Because \*\*nobody\*\* has opened it/); // the first answer is in the thread

  const stranger = await ask(world, asks("/agent open it for me", 503), "mallory");
  expect(stranger.outputs).toMatchObject({ conclusion: "skipped", "exit-code": "" });
  expect(stranger.exitCode).toBe(0);
  expect(stranger.summary).toMatch(/skipped[\s\S]*mallory/);

  const again = asks("/agent open it, please", 505);
  const edit = { ...again.payload, action: "edited", changes: { body: { from: "/agent" } } };
  const late = await ask(world, { ...again, payload: edit }, "mallory");
  expect(late.outputs.conclusion).toBe("skipped");
  expect(late.summary).toMatch(/skipped[\s\S]*mallory/);

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

test("who asks is told of settings that cannot be used, and of what took how long", async () => {
  const world = await exampleWorld();
  const wrong = await ask(world, asks("/agent open it", 501), "octocat", { changes: "push" });
  expect(messages(wrong, "error")).toEqual([expect.stringMatching(/^changes: "push"/)]);
  const { body } = world.thread.comments.at(-1) ?? {};
  expect(body).toMatch(/state=refused[\s\S]*settings cannot be used/);
  expect(body).not.toMatch(/ 0 ms in all/);
});

test("what does not ask ends as skipped, before anything is asked for", async () => {
  const world = await exampleWorld();
  const result = await ask(world, asks("looks good to me", 501), "mallory");
  expect(result.outputs.conclusion).toBe("skipped");
  expect(messages(result, "warning")).toEqual([]);
  expect(world.api.requests).toEqual([]);
});

test("a run that failed is about the commit that it ran on, wherever the branch is by now", async () => {
  const world = await exampleWorld();
  const event = world.happens(ciEnded("failure"));
  const parent = ["-p", world.head, "-m", "later", `${world.head}^{tree}`];
  const later = git(world.bare, "commit-tree", ...parent).trim();
  for (const ref of ["refs/heads/topic", "refs/pull/7/head"]) {
    git(world.bare, "update-ref", ref, later);
  }
  Object.assign(world.thread.pulls.get(7)?.head ?? {}, { sha: later });
  const more = { checkout: "head", changes: "commit", command: "cat .git/HEAD >head.txt" };
  const result = await act(more, { workspace: await workspaceWith({}), event, env: world.env });
  expect(await readFile(join(result.workspace, "head.txt"), "utf8")).toBe(`${world.head}\n`);
  expect(messages(result, "warning")).toEqual([expect.stringMatching(/`topic` has moved on/)]);
  expect(git(world.bare, "rev-parse", "topic").trim()).toBe(later);
});

test("what the agent writes is committed on the branch, by the action and not by the agent", async () => {
  const world = await exampleWorld();
  const result = await ask(world, asks("/agent note it", 501), "octocat", { changes: "commit" });
  expect(messages(result, "warning")).toEqual([]);
  const tip = git(world.bare, "rev-parse", "topic").trim();
  expect(result.outputs).toMatchObject({ "commit-sha": tip, branch: "topic" });
  expect(git(world.bare, "rev-parse", "topic^").trim()).toBe(world.head);
  expect(git(world.bare, "show", "topic:prompt.txt")).toContain("note it");
  expect(world.thread.comments.at(-1)?.body).toMatch(/nobody[\s\S]*Committed[\s\S]*topic/);
});

test("a fork's pull request is refused; where it may be, its task has its model's key alone, and a patch", async () => {
  const world = await exampleWorld();
  const pull = world.thread.pulls.get(7);
  Object.assign(pull?.head ?? {}, { repo: { id: 2, full_name: "mallory/Demo" } });
  const refused = await ask(world, asks("/agent open it", 501));
  expect(refused.outputs.conclusion).toBe("skipped");
  expect(refused.summary).toMatch(/from a fork/);
  const more = { "allow-forks": "true", changes: "commit" };
  const env = "ANTHROPIC_API_KEY\nNPM_TOKEN";
  const tool = "compgen -e | grep -E '^(ANTHROPIC|NPM)' >names.txt";
  const step = { ...more, env, "settings-preflight": tool };
  const allowed = await ask(world, asks("/agent open it", 502), "octocat", step);
  expect(allowed.outputs).toMatchObject({ conclusion: "success", "commit-sha": "" });
  expect(await readFile(join(allowed.workspace, "names.txt"), "utf8")).toBe("ANTHROPIC_API_KEY\n");
  expect(allowed.outputs["changes-path"]).not.toBe("");
  expect(git(world.bare, "rev-parse", "topic").trim()).toBe(world.head);
  expect(world.thread.comments.at(-1)?.body).toMatch(/fork/);
});
