import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { startAction } from "../../harness/runner.ts";
import { apiOfTest } from "../../unit/github/api-server.ts";
import { payloadOf, pullRequest } from "../../unit/github/payloads.ts";
import { act, messages, ran, withBase } from "../support/act.ts";
import { asImageUser, runnersWorkspace } from "../support/task-users.ts";

const payload = pullRequest() as unknown as { pull_request: { number: number } };
const { number } = payload.pull_request;
const event = { name: "pull_request", payload };
const onGitHub = ({ url }: { url: string }) => ({ GITHUB_API_URL: url });
const commentBy = (login: string) => ({
  ...payloadOf("issue_comment"),
  sender: { login, type: "User" },
});
const inputs = { comment: "true", "github-token": "ghs_of_the_job" };

test("`comment: true` keeps one comment on the pull request: created, then updated", async () => {
  const server = await apiOfTest();
  const env = { ...onGitHub(server), GITHUB_RUN_ID: "4711" };
  const workspace = await runnersWorkspace();
  const step = { ...inputs, ...asImageUser, command: '[ "$GITHUB_RUN_ID" = 4711 ] || exit 7' };
  await act(step, { env, event, workspace });
  const [created] = server.comments.get(number) ?? [];
  expect(created?.body).toMatch(/Agent Runner: success/);
  const result = await act(step, { env: { ...env, GITHUB_RUN_ID: "4712" }, event, workspace });
  const comments = server.comments.get(number) ?? [];
  expect(comments).toHaveLength(1);
  const body = comments[0]?.body ?? "";
  expect(body).toMatch(/^<!-- agent-runner: test-[0-9a-f]{12} -->\n/);
  expect(body).toMatch(/Agent Runner: failure/);
  expect(body).toMatch(/ran: a command, exit code 7, \d[\d.]* m?s/);
  expect(body).toMatch(/^- image from base$/m);
  expect(body).toContain("(https://github.com/Octo-Org/Demo/actions/runs/4712)");
  expect(server.requests.filter((one) => !one.startsWith("GET"))).toEqual([
    `POST /repos/Octo-Org/Demo/issues/${number}/comments`,
    "PATCH /repos/Octo-Org/Demo/issues/comments/1000",
  ]);
  // the comment's failure or success is no part of the step's
  expect(messages(result, "warning")).toEqual([]);
  expect(result.log).not.toContain("ghs_of_the_job");
});

test("a task's own words cannot mention anybody in the comment", async () => {
  const server = await apiOfTest();
  const workspace = await runnersWorkspace({ "@octocat.sh": "exit 3\n" });
  await act(
    { ...inputs, "run-preflight-file": "@octocat.sh", command: "echo '@octocat <img src=x>'" },
    { env: onGitHub(server), event, workspace },
  );
  const body = server.comments.get(number)?.[0]?.body ?? "";
  // entities do not help: GitHub reads them first. It looks for nobody in code
  expect(body).toMatch(/^<code>[^<]*&#64;<!-- -->octocat\.sh failed[^<]*<\/code>$/m);
  expect(body.replace(/<code>.*?<\/code>/g, "")).not.toMatch(/octocat|img/);
});

test("a run that ends before its task says so in the comment, where an older run's success stood", async () => {
  const server = await apiOfTest();
  const env = onGitHub(server);
  const base = "agent-runner-test-gone:1";
  const step = { ...inputs, command: "true", "base-image": base };
  await run("docker", ["tag", BASE_IMAGE, base]);
  await act(step, { env, event });
  await run("docker", ["image", "rm", base]);
  await act(step, { env, event });
  const bodies = server.comments.get(number)?.map(({ body }) => body);
  expect(bodies).toEqual([expect.stringMatching(/failure[\s\S]*test-gone:1[\s\S]*did not run/)]);
});

test("a comment that cannot be written is a warning, and the task what it was", async () => {
  const server = await apiOfTest();
  server.fault = 403;
  const result = await act({ ...inputs, command: "true" }, { env: onGitHub(server), event });
  expect(result.outputs.conclusion).toBe("success");
  expect(result.exitCode).toBe(0);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/comment could not be written.*pull-requests: write/),
  ]);
});

test("without a pull request there is no comment, and a word about it", async () => {
  const server = await apiOfTest();
  const push = { name: "push", payload: payloadOf("push") };
  const result = await act({ ...inputs, command: "true" }, { env: onGitHub(server), event: push });
  expect(server.requests).toEqual([]);
  expect(result.outputs.conclusion).toBe("success");
  expect(messages(result, "notice")).toEqual([
    expect.stringContaining("does not belong to a pull request"),
  ]);
});

test("a GitHub that does not answer does not keep a cancelled step alive", async () => {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = new Promise((resolve) => server.once("request", resolve));
  const command = "echo begun; exit 0";
  const action = await startAction({
    inputs: withBase({ ...inputs, command }),
    env: onGitHub({ url }),
    event,
  });
  await asked;
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  // it was cancelled while it waited for GitHub, when the task was over already
  expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
});

test("a comment of somebody with the role maintain runs the task", async () => {
  const server = await apiOfTest();
  server.roles.set("octocat", "maintain");
  const asked = { name: "issue_comment", payload: commentBy("octocat") };
  const step = { "github-token": "ghs_x", command: "echo ran" };
  const result = await act(step, { env: onGitHub(server), event: asked });
  expect(result.transcript).toBe("ran\n");
});
