import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { USER_BASE_IMAGE } from "../../harness/base-image.ts";
import { TOKEN } from "../../harness/runner-env.ts";
import { act, messages, salt } from "../support/act.ts";
import { buildImage, removeImages } from "../support/images.ts";
import { runnersWorkspace } from "../support/task-users.ts";

// An image with an environment of its own, which a login shell would reset.
const image = `agent-runner-test-environment:${salt()}`;
const path = "/opt/tool/bin:/usr/bin:/bin";
beforeAll(() =>
  buildImage(image, [`FROM ${USER_BASE_IMAGE}`, `ENV PATH=${path} LANG=C.UTF-8 OWN="a  b"`]),
);
afterAll(() => removeImages([image]));

/** The task's environment. */
async function environment(inputs: Record<string, string>, env: Record<string, string> = {}) {
  const workspace = await runnersWorkspace();
  // what an artifact holds is the task's own; a transcript would have no secrets
  const kept = "/tmp/agents-artifacts";
  const command = `mkdir -p ${kept} && cat /proc/self/environ >${kept}/environ`;
  const result = await act({ "base-image": image, command, ...inputs }, { workspace, env });
  const text = await readFile(join(result.outputs["artifacts-path"] ?? "", "environ"), "utf8");
  const pairs = text.split("\0").filter((one) => one !== "");
  const values = pairs.map((one) => [
    one.slice(0, one.indexOf("=")),
    one.slice(one.indexOf("=") + 1),
  ]);
  return { result, values: Object.fromEntries(values) as Record<string, string> };
}

test("the image's PATH and ENV are as the image has them", async () => {
  const { values } = await environment({});
  expect(values).toMatchObject({ PATH: path, LANG: "C.UTF-8", OWN: "a  b", HOME: "/home/agent" });
});

test("`env` sets values, hands on the step's, and keeps several lines whole", async () => {
  const lines = "-----BEGIN KEY-----\n a=b\n\n# $HOME `id` \"'\\\n-----END KEY-----\n";
  const { values, result } = await environment(
    { env: "ONE=1\nKEY\nPATH=/opt/mine:/usr/bin:/bin\nEMPTY=" },
    { KEY: lines },
  );
  expect(values).toMatchObject({
    ONE: "1",
    KEY: lines,
    PATH: "/opt/mine:/usr/bin:/bin",
    EMPTY: "",
  });
  expect(result.annotations).toEqual([]);
});

test("what the job is about is known: CI and GITHUB_*, and the workspace where the task has it", async () => {
  const { values } = await environment({ "container-workdir": "/src" });
  expect(values).toMatchObject({
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTOR: "octocat",
    GITHUB_EVENT_NAME: "push",
    GITHUB_JOB: "test",
    GITHUB_REF: "refs/heads/main",
    GITHUB_REPOSITORY: "Octo-Org/Demo",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
    GITHUB_WORKFLOW: "Test",
    GITHUB_WORKSPACE: "/src",
    RUNNER_OS: "Linux",
  });
});

test("the runner's files, its tokens and the action's inputs are not there", async () => {
  const secret = "sec-ret-of-the-runner";
  const { values } = await environment(
    {},
    {
      ACTIONS_RUNTIME_TOKEN: secret,
      ACTIONS_RUNTIME_URL: "http://127.0.0.1:9/",
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
      ACTIONS_ID_TOKEN_REQUEST_URL: "http://127.0.0.1:9/",
      ACTIONS_CACHE_URL: "http://127.0.0.1:9/",
      GITHUB_TOKEN: secret,
      GH_TOKEN: secret,
      DOCKER_AUTH_CONFIG: secret,
    },
  );
  expect(values.GITHUB_SHA).toMatch(/^0123/);
  const forbidden =
    /^(?:INPUT_|STATE_|ACTIONS_|GITHUB_(?:ENV|OUTPUT|PATH|STATE|STEP_SUMMARY|EVENT_PATH|TOKEN)$|GH_TOKEN$|DOCKER_|RUNNER_TEMP)/;
  expect(Object.keys(values).filter((name) => forbidden.test(name))).toEqual([]);
  expect(Object.values(values).join("\n")).not.toContain(secret);
  expect(Object.values(values).join("\n")).not.toContain(TOKEN);
});

test("the GitHub token is there when it is asked for, and then hidden in the log", async () => {
  const { values } = await environment({ env: "GITHUB_TOKEN" }, { GITHUB_TOKEN: TOKEN });
  expect(values.GITHUB_TOKEN).toBe(TOKEN);
  const { log } = await act(
    { env: "GITHUB_TOKEN", command: 'echo "it is $GITHUB_TOKEN"' },
    { env: { GITHUB_TOKEN: TOKEN } },
  );
  expect(log).toContain("it is ***");
  expect(log).not.toContain(TOKEN);
});

test.each([
  "ACTIONS_RUNTIME_TOKEN",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "GITHUB_OUTPUT",
  "GITHUB_ENV",
])("%s cannot be asked for", async (name) => {
  const result = await act({ env: name, command: "env" }, { env: { [name]: "x" } });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining(name)]);
  expect(result.transcript).toBe("");
});

test("a user that the image does not know has a home that it may write", async () => {
  const workspace = await runnersWorkspace();
  const result = await act(
    { user: "7654:7654", command: 'touch "$HOME/it" && echo "task: $(stat -c %u "$HOME/it")"' },
    { workspace },
  );
  expect(result.transcript).toBe("task: 7654\n");
});
