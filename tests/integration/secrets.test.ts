import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { entities } from "../../src/report/markdown.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { TOKEN } from "../harness/runner-env.ts";
import { type ApiServer, apiOfTest } from "../unit/github/api-server.ts";
import { pullRequest } from "../unit/github/payloads.ts";
import { act, masked, type Ran, salt } from "./support/act.ts";
import { dockerUser } from "./support/docker-user.ts";
import { useRegistry } from "./support/registries.ts";
import { runnersWorkspace } from "./support/task-users.ts";

const canary = (name: string) => `canary_${name}_${randomBytes(9).toString("hex")}`;
const account = { username: "canary-keeper", password: canary("registry") };
const registry = useRegistry({ htpasswd: account });

/** Whatever a run is given and must not tell, by the way it is given. */
const canaries = {
  byName: `${canary("name")}/+?&"x`,
  lines: `${canary("first")}\n{\n  ${canary("second")}\n}`,
  inLine: canary("line"),
  build: canary("build"),
  token: `ghs_${canary("token")}`,
  runtime: canary("runtime"),
  oidc: canary("oidc"),
  password: account.password,
};
const payload = pullRequest() as unknown as { pull_request: { number: number } };
const event = { name: "pull_request", payload };

const linesOf = (value: string) =>
  value
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.length > 1);
const base64 = (text: string) => Buffer.from(text).toString("base64");
/** Without the ends, which are others where it stands beside something else. */
const middle = (encoded: string) => encoded.slice(8, -4);

/** How each of them looks plain, in base64 and in a URL, alone and in a login. */
const sayings = Object.values(canaries).flatMap((value) => [
  value,
  base64(value),
  base64(`me:${value}`),
  base64(`you:${value}`),
  encodeURIComponent(value),
  JSON.stringify(value),
]);

/** What must be found nowhere. */
const forbidden = Object.values(canaries).flatMap((value) => [
  ...linesOf(value).flatMap((line) => [line, entities(line), encodeURIComponent(line)]),
  middle(base64(value)),
  middle(base64(`me:${value}`)),
  middle(base64(`you:${value}`)),
  JSON.stringify(value).slice(1, -1),
]);

const leak = sayings.join("\n");
const step = {
  BY_NAME: canaries.byName,
  LINES: canaries.lines,
  NPM: canaries.build,
  ACTIONS_RUNTIME_TOKEN: canaries.runtime,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: canaries.oidc,
};
const inputs = () => ({
  env: `BY_NAME\nLINES\nMY_TOKEN=${canaries.inLine}`,
  "build-secrets": "npm=NPM",
  "github-token": canaries.token,
  comment: "true",
  registry: `${registry().address}/canaries/images`,
  "cache-version": salt(),
});

/** Everything a run writes that somebody else may read, by its name. */
async function writtenBy(result: Ran, server: ApiServer): Promise<[name: string, text: string][]> {
  const { log, outputs, state, env, annotations, summary, post, temp } = result;
  const comments = server.comments.get(payload.pull_request.number) ?? [];
  const folders = (await readdir(temp)).filter((name) => name.startsWith("agent-runner-"));
  const files = (
    await Promise.all(
      folders.map((folder) =>
        readdir(join(temp, folder), { recursive: true, withFileTypes: true }),
      ),
    )
  ).flat();
  const paths = files.map((one) => join(one.parentPath, one.name));
  // what an artifact holds is the task's own; its name is seen wherever artifacts are listed
  const read = files
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .filter((path) => !path.includes("/artifacts/"));
  return [
    ["log", log],
    ["post's log", post?.log ?? ""],
    ["annotations", masked(JSON.stringify(annotations), result)],
    ["summary", summary],
    ["post's summary", post?.summary ?? ""],
    ["outputs", JSON.stringify(outputs)],
    ["state and environment", JSON.stringify([state, env])],
    ["comment", comments.map(({ body }) => body).join("\n")],
    ["names of files", paths.join("\n")],
    ...(await Promise.all(
      read.map(async (path): Promise<[string, string]> => [path, await readFile(path, "latin1")]),
    )),
  ];
}

/** @param told where something else stands in place of a secret: a text that was not written has none, either */
async function expectNowhere(
  result: Ran,
  server: ApiServer,
  told = ["log", "annotations", "summary", "outputs", "comment"],
): Promise<void> {
  const written = await writtenBy(result, server);
  const found = written.flatMap(([name, text]) =>
    forbidden.filter((one) => text.includes(one)).map((one) => `${name}: ${one}`),
  );
  expect(found).toEqual([]);
  const by = Object.fromEntries(written);
  for (const name of told) {
    expect([name, by[name]]).toEqual([name, expect.stringMatching(/\*{3}|(?:&#42;){3}/)]);
  }
}

test("what an agent, its preflights and notes give away is in nothing that a run writes", async () => {
  const server = await apiOfTest();
  const docker = await dockerLog();
  const said = [
    { type: "system", subtype: "init", session_id: canaries.inLine, model: canaries.token },
    {
      type: "assistant",
      message: {
        content: [
          { type: "text", text: leak },
          { type: "tool_use", id: "1", name: "Bash", input: { command: `echo ${leak}` } },
        ],
      },
    },
    {
      type: "user",
      message: { content: [{ type: "tool_result", tool_use_id: "1", content: leak }] },
    },
    {
      type: "result",
      subtype: "success",
      is_error: false,
      result: leak,
      structured_output: { [canaries.inLine]: [leak] },
      num_turns: 1,
    },
  ];
  const files = {
    leak,
    stream: said.map((line) => JSON.stringify(line)).join("\n"),
    claude: [
      "#!/bin/bash",
      "cat /workspace/stream; echo",
      "cat /workspace/leak; cat /workspace/leak >&2",
      // in pieces, of which none has a secret
      'printf %s "${MY_TOKEN:0:9}"; sleep 0.2; printf "%s\\n" "${MY_TOKEN:9}"',
      'mkdir -p "/tmp/agents-artifacts/$MY_TOKEN" "/tmp/agents-artifacts/$BY_NAME"',
      'cp /workspace/leak "/tmp/agents-artifacts/$MY_TOKEN/a.txt"',
      `cp /workspace/leak "/tmp/agents-artifacts/$BY_NAME/${canaries.password}"`,
      '{ printf "one=%s\\n" "$BY_NAME"; printf "more<<END\\n%s\\nEND\\n" "$(cat /workspace/leak)"; } >>"$AGENT_OUTPUT"',
      'printf "%s is no line\\n" "$BY_NAME" >>"$AGENT_OUTPUT"',
      'printf "%s\\0%s\\0%s\\0%s" "$BY_NAME" 7 "$MY_TOKEN" "$(head -c 500 /workspace/leak)" >/run/agent-runner/state/failed',
      'for note in output-2 desktop-failed screenshot-failed; do cp /workspace/leak "/run/agent-runner/state/$note"; done',
      "echo debug",
      "kill -9 $$ # $BY_NAME",
    ].join("\n"),
  };
  const user = await dockerUser();
  await user.logIn(registry().address, account);
  const result = await act(
    {
      ...inputs(),
      agent: "claude",
      prompt: "Give everything away.",
      "settings-preflight": 'set -x\n: "$BY_NAME" "$LINES" "$MY_TOKEN"\nset +x',
      "run-preflight": [
        "cat /workspace/leak",
        "mkdir -p /tmp/bin",
        "cp /workspace/claude /tmp/bin/claude",
        "chmod 0755 /tmp/bin/claude",
        "export PATH=/tmp/bin:$PATH",
      ].join("\n"),
    },
    {
      env: { ...step, ...docker.env, ...user.env, GITHUB_API_URL: server.url },
      event,
      workspace: await runnersWorkspace(files),
    },
  );
  expect(result.outputs.conclusion).toBe("failure");
  // a forged note is not believed, so no annotation has any of it
  await expectNowhere(result, server, ["log", "summary", "outputs", "comment"]);
  expect(result.outputs["agent-outputs"]).toContain("***");
  expect(result.outputs["structured-output"]).toContain('{"***":');
  expect((await docker.commands()).flat().join("\n")).not.toMatch(/canary_/);
  expect(result.masks).toEqual(expect.arrayContaining([TOKEN, canaries.byName, canaries.build]));
  // the whole of a login that was found, though the step never said it
  expect(result.masks).toContain(account.password);
  expect(result.masks.filter((mask) => mask.length < 6)).toEqual([]);
});

test("what a build gives away, failing or not, is in nothing that a run writes, and in no image", async () => {
  const server = await apiOfTest();
  const docker = await dockerLog();
  const script = [
    "set -x",
    ': "$(cat /run/secrets/npm)"',
    "base64 -w0 /run/secrets/npm; echo",
    'printf "me:%s" "$(cat /run/secrets/npm)" | base64 -w0; echo; echo debug',
  ].join("\n");
  const common = {
    ...inputs(),
    "registry-username": account.username,
    "registry-password": account.password,
    "cache-container-build": "true",
    command: "true",
  };
  const env = { ...step, ...docker.env, GITHUB_API_URL: server.url };
  const options = { env, event };
  const failing = `${script}\necho "no package for $(cat /run/secrets/npm)" >&2\nfalse`;
  const failed = await act({ ...common, "cached-preflight": failing }, options);
  expect(failed.outputs.conclusion).toBe("failure");
  expect(failed.layers[0]?.why).toContain("***");
  await expectNowhere(failed, server);

  const preflight = 'set -x\n: "$BY_NAME"\nset +x\necho "debug $BY_NAME" >&2\nfalse';
  const built = await act(
    { ...common, "cached-preflight": script, "run-preflight": preflight },
    options,
  );
  expect(built.layers[0]?.source).toBe("built");
  await expectNowhere(built, server, ["log", "annotations", "summary", "comment"]);
  const { reference } = built.layers[0] ?? { reference: "" };
  const image = [
    await run("docker", ["history", "--no-trunc", "--format", "{{json .}}", reference]),
    await run("docker", ["image", "inspect", reference]),
    ...(await docker.commands()).flat(),
  ].join("\n");
  expect(forbidden.filter((one) => image.includes(one))).toEqual([]);
});

test("trouble before there is a task is told without secrets, too", async () => {
  const server = await apiOfTest();
  const result = await act(
    { ...inputs(), env: "LINES", command: "true", "base-image": `${canaries.inLine}:1` },
    { env: { ...step, LINES: canaries.inLine, GITHUB_API_URL: server.url }, event },
  );
  expect(result.outputs.conclusion).toBe("failure");
  await expectNowhere(result, server, ["log", "annotations", "summary", "comment"]);
});
