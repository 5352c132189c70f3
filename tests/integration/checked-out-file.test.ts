/** A stranger's environment file in the checkout, under events that strangers can cause. */
import { expect, test } from "vitest";
import { contentsOfTest } from "../unit/github/contents-server.ts";
import { fromFork, payloadOf } from "../unit/github/payloads.ts";
import { counts, useCacheService } from "./actions-cache/support.ts";
import { act, layer, messages, printed, salt, warnings } from "./support/act.ts";
import { SMALL_BASE_IMAGE } from "./support/images.ts";
import { useRegistry } from "./support/registries.ts";
import { writes } from "./support/sharing.ts";
import { workspaceWith } from "./support/workspace.ts";

const registry = useRegistry();
const service = useCacheService();

const strangers: [string, unknown][] = [
  ["pull_request_target", fromFork()],
  ["pull_request", fromFork()],
  ["issue_comment", payloadOf("issue_comment")],
  ["workflow_run", payloadOf("workflow_run")],
];

/** Who may start it has tests of its own. */
const anybody = { "required-permission": "none" };

const work = [
  "cached-preflight: echo env >/env",
  "cache-container-build: true",
  "command: echo task of the checkout",
];

test.each(strangers)(
  "%s: it publishes nothing, though the workflow trusts the checkout",
  async (name, payload) => {
    registry().requests.length = 0;
    service().reset();
    const asks = [
      "push: always",
      "actions-cache: read-write",
      "rebuild: true",
      "env: [STEP_SECRET]",
    ];
    const workspace = await workspaceWith({ "agent.yml": [...asks, ...work].join("\n") });
    const result = await act(
      {
        ...anybody,
        environment: "agent.yml",
        "config-from": "checkout",
        "base-image": SMALL_BASE_IMAGE,
        registry: `${registry().address}/demo`,
        "cache-version": salt(),
        command: "echo task: ${STEP_SECRET-none}",
      },
      {
        workspace,
        event: { name, payload },
        env: { ...service().env(), STEP_SECRET: "s3cret-of-the-step" },
      },
    );
    expect(layer(result, "env").source).toBe("built");
    expect(printed(result)).toEqual(["task: none"]);
    expect(writes(registry())).toEqual([]);
    expect(Object.keys(counts(service()))).not.toContain("CreateCacheEntry");
    expect(result.layers.map(({ pushed, saved }) => [pushed, saved])).toEqual([[false, false]]);
    expect(warnings(result)).toEqual([
      expect.stringMatching(
        /^agent\.yml: ignored: push, actions-cache, rebuild, env .* input of the step$/,
      ),
    ]);
  },
);

test("the file is the default branch's where nothing else is said, and still not trusted", async () => {
  registry().requests.length = 0;
  const api = await contentsOfTest({
    "agent.yml": "push: always\nrun-preflight-file: pre.sh\ncommand: 'echo task: branch $PRE'\n",
    "pre.sh": "export PRE=branch\n",
  });
  const workspace = await workspaceWith({
    "agent.yml": "command: 'echo task: checkout'\nprompt-file: /proc/self/environ\n",
    "pre.sh": "export PRE=checkout\n",
  });
  const result = await act(
    { ...anybody, environment: "agent.yml", registry: `${registry().address}/demo` },
    {
      workspace,
      event: { name: "issue_comment", payload: payloadOf("issue_comment") },
      env: { GITHUB_API_URL: api.url },
    },
  );
  expect(printed(result)).toEqual(["task: branch branch"]);
  expect(warnings(result)).toEqual([expect.stringMatching(/ignored: push\./)]);
});

test("build secrets reach neither a build nor the task's start", async () => {
  const inputs = {
    ...anybody,
    "base-image": SMALL_BASE_IMAGE,
    "build-secrets": "npm=NPM_TOKEN",
    "cached-preflight":
      "if [ -e /run/secrets/npm ]; then cat /run/secrets/npm; else echo none; fi >/seen",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /seen)",
  };
  const env = { NPM_TOKEN: "s3cret-of-the-build" };
  const event = { name: "pull_request_target", payload: fromFork() };
  const cold = await act(inputs, { env, event });
  expect(printed(cold)).toEqual(["task: none"]);
  expect(layer(cold, "env").source).toBe("failed");
  expect(cold.stdout).not.toContain(env.NPM_TOKEN);
  expect(messages(cold, "notice")).toContainEqual(
    expect.stringMatching(/^build secrets are given to no script .*`pull_request_target`/),
  );
  // what a trusted event has built with them is found by the same key
  const trusted = await act(inputs, { env });
  expect(layer(trusted, "env").source).toBe("built");
  expect(layer(trusted, "env").key).toBe(layer(cold, "env").key);
  const warm = await act(inputs, { env, event });
  expect(layer(warm, "env").source).toBe("local");
});
