import { expect, test } from "vitest";
import { dockerLog } from "../harness/docker-log.ts";
import { type Event, runAction } from "../harness/runner.ts";
import { apiOfTest } from "../unit/github/api-server.ts";
import { payloadOf } from "../unit/github/payloads.ts";

// Who may start something: with the real bundle, a `docker` that only notes what it is asked, and a base image whose
// registry nobody listens at. What is not permitted asks neither.

const base = { "base-image": "127.0.0.1:9/team/base:1", "github-token": "ghs_of_the_job" };
const sentBy = (name: string, login: string, type = "User"): Event => ({
  name,
  payload: { ...payloadOf(name), sender: { login, type } },
});

/** One step: octocat may write, mallory may read; whether anything was begun tells docker. */
async function step(
  inputs: Record<string, string>,
  event: Event,
  env: Record<string, string> = {},
) {
  const server = await apiOfTest();
  server.roles.set("octocat", { permission: "write", role_name: "release-managers" });
  server.roles.set("mallory", "read");
  const docker = await dockerLog("stub");
  const result = await runAction({
    inputs: { ...base, ...inputs },
    event,
    env: { GITHUB_API_URL: server.url, ...docker.env, ...env },
  });
  return { result, begun: (await docker.commands()).length > 0, asked: server.requests };
}

const modes = { run: { command: "true" }, prebuild: { mode: "prebuild" }, plan: { mode: "plan" } };

test.each(Object.entries(modes))(
  "`%s` by a stranger's comment is skipped, says why, and starts nothing",
  async (_, inputs) => {
    const { result, begun } = await step(inputs, sentBy("issue_comment", "mallory"));
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({ conclusion: "skipped", "cache-hit": "false" });
    expect(result.annotations).toEqual([
      {
        level: "warning",
        message: expect.stringMatching(
          /^nothing was started: mallory has the permission `read`.*`write` is required/,
        ),
      },
    ]);
    expect(result.summary).toMatch(/Agent Runner: skipped[\s\S]*mallory/);
    expect(result.post?.exitCode).toBe(0);
    expect(begun).toBe(false);
  },
);

test("`prebuild` by a comment of somebody whose custom role is based on write begins", async () => {
  const { result, begun } = await step(modes.prebuild, sentBy("issue_comment", "octocat"));
  expect(result.outputs.conclusion).not.toBe("skipped");
  expect(begun).toBe(true);
});

test("a stranger's comment stays a stranger's when a maintainer runs it again", async () => {
  const env = { GITHUB_ACTOR: "mallory", GITHUB_RUN_ATTEMPT: "2" };
  const { result, begun } = await step(modes.run, sentBy("issue_comment", "mallory"), env);
  expect(result.outputs.conclusion).toBe("skipped");
  expect(begun).toBe(false);
});

test("a maintainer's comment is another's when somebody else runs it again", async () => {
  const env = { GITHUB_TRIGGERING_ACTOR: "mallory", GITHUB_RUN_ATTEMPT: "2" };
  const { result, begun } = await step(modes.run, sentBy("issue_comment", "octocat"), env);
  expect(result.outputs.conclusion).toBe("skipped");
  expect(begun).toBe(false);
});

test("a bot starts nothing unless it is named", async () => {
  const event = sentBy("pull_request_review", "renovate[bot]", "Bot");
  const refused = await step(modes.run, event);
  expect(refused.result.summary).toMatch(/allow-bots/);
  expect(refused.begun).toBe(false);
  const named = await step({ ...modes.run, "allow-bots": "renovate" }, event);
  expect(named.begun).toBe(true);
});

test("a push asks nobody", async () => {
  const { begun, asked } = await step(modes.run, sentBy("push", "mallory"));
  expect(asked).toEqual([]);
  expect(begun).toBe(true);
});
