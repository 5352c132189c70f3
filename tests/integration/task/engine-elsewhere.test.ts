import {
  chmod,
  lstat,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { startAction } from "../../harness/runner.ts";
import { contentsOfTest } from "../../unit/github/contents-server.ts";
import { fromFork } from "../../unit/github/payloads.ts";
import { act, messages, printed, ran, withBase } from "../support/act.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { type OwnEngine, ownEngine } from "../support/own-engine.ts";
import { foreignIn, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

// An engine that has none of the runner's files, as a remote `DOCKER_HOST` and Docker-in-Docker.

let engine: OwnEngine;
beforeAll(async () => {
  engine = await ownEngine({ withoutOurFiles: true });
  return engine.end;
});

const inEngine = (workspace: string) => ({ workspace, env: engine.env });
const times = async (path: string) => {
  const { ctimeNs, mtimeNs, ino } = await lstat(path, { bigint: true });
  return { ctimeNs, mtimeNs, ino };
};

test("the engine of this file has indeed none of them", async () => {
  const workspace = await runnersWorkspace({ here: "x" });
  const mount = `--mount=type=bind,source=${workspace},target=/w`;
  const said = await engine.docker("create", mount, "agent-runner-test-base:bookworm");
  expect(said.stderr).toMatch(/bind source path does not exist/);
});

const asked: Record<string, Record<string, string>> = {
  root: {},
  "another user": { user: "4321:4321" },
};

test.each(Object.keys(asked))(
  "the workspace is copied in and what changed is copied back, as %s",
  async (who) => {
    const names = ["a\nb", "-rf", "é 😀", "quote\"'$(id)"];
    const workspace = await runnersWorkspace({
      same: "same",
      changed: "old",
      gone: "x",
      "d/gone/too": "x",
      "d/stays": "x",
      "tool*": "x",
      "ro/inside": "x",
      ...Object.fromEntries(names.map((name) => [name, name])),
    });
    await symlink("same", join(workspace, "link"));
    await symlink("no/where", join(workspace, "dangling"));
    await chmod(join(workspace, "ro"), 0o555);
    await giveToRunner(workspace);
    const same = ["same", "tool", "d/stays", "link", "dangling", ...names].map((name) =>
      join(workspace, name),
    );
    const before = await Promise.all(same.map(times));
    const command = [
      "cat same; test -x tool; test -L dangling; test ! -w ro || test $UID = 0",
      "echo new >changed; rm gone; rm -r d/gone",
      "mkdir -p deep/er; echo 1 >deep/er/file; chmod 0750 deep/er/file",
      "ln -s ../same deep/link; ln deep/er/file deep/hard",
      "for f in ./*; do [[ ! -f $f ]] || echo 'task: a file'; done",
    ].join("\n");
    const result = await act({ ...asked[who], command }, inEngine(workspace));
    expect(result.transcript).toMatch(/^same/);
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
    expect(messages(result, "warning")).toEqual([]);
    expect(await readFile(join(workspace, "changed"), "utf8")).toBe("new\n");
    expect((await readdir(workspace)).sort()).toEqual(
      ["same", "changed", "d", "tool", "ro", "link", "dangling", "deep", ...names].sort(),
    );
    expect(await readdir(join(workspace, "d"))).toEqual(["stays"]);
    expect(await readFile(join(workspace, "deep/er/file"), "utf8")).toBe("1\n");
    expect((await stat(join(workspace, "deep/er/file"))).mode & 0o777).toBe(0o750);
    expect((await stat(join(workspace, "ro"))).mode & 0o777).toBe(0o555);
    expect(await readlink(join(workspace, "deep/link"))).toBe("../same");
    expect(await readFile(join(workspace, "deep/hard"), "utf8")).toBe("1\n");
    expect(await Promise.all(same.map(times))).toEqual(before);
  },
);

// Where the action runs as root (a job in a container, a self-hosted runner's service), what it writes is root's at first.
test("what is copied back belongs to the workspace's owner", async () => {
  const workspace = await runnersWorkspace({ changed: "old" });
  await act({ command: "echo new >changed; mkdir d; echo 1 >d/new" }, inEngine(workspace));
  expect(await readFile(join(workspace, "d/new"), "utf8")).toBe("1\n");
  expect(await foreignIn(workspace)).toEqual([]);
});

test("a file that was changed and kept its size and time is copied back", async () => {
  const workspace = await runnersWorkspace({ a: "one" });
  await act(
    { command: "touch -r a /tmp/then; printf two >a; touch -r /tmp/then a" },
    inEngine(workspace),
  );
  expect(await readFile(join(workspace, "a"), "utf8")).toBe("two");
});

test("a task that failed hands its changes on, too", async () => {
  const workspace = await runnersWorkspace({ a: "old" });
  const result = await act({ command: "echo new >a; exit 5" }, inEngine(workspace));
  expect(result.outputs["exit-code"]).toBe("5");
  expect(await readFile(join(workspace, "a"), "utf8")).toBe("new\n");
});

test("a task whose time is over hands its changes on, and leaves nothing", async () => {
  const workspace = await runnersWorkspace({ a: "old" });
  const command = "echo new >a; sleep 1000";
  const result = await act({ command, "task-timeout": "0.15" }, inEngine(workspace));
  expect(result.outputs["exit-code"]).toBe("124");
  expect(await readFile(join(workspace, "a"), "utf8")).toBe("new\n");
  await nothingLeft(result, { env: engine.env });
});

test("a task reads and writes the same files when the workspace lies elsewhere in the container", async () => {
  const workspace = await runnersWorkspace({ "d/a": "1" });
  const inputs = {
    command: "echo task: $PWD $(cat d/a); echo 2 >d/b",
    "container-workdir": "/src/deep",
  };
  const result = await act(inputs, inEngine(workspace));
  expect(printed(result)).toEqual(["task: /src/deep 1"]);
  expect((await readdir(join(workspace, "d"))).sort()).toEqual(["a", "b"]);
});

test("a cancelled task leaves nothing behind, and the workspace whole", async () => {
  const workspace = await runnersWorkspace({ a: "old", b: "old" });
  const command = "echo new >a; echo begun; sleep 1000";
  const action = await startAction({ inputs: withBase({ command }), ...inEngine(workspace) });
  await action.waitFor(/^begun$/m);
  expect(await action.cancel()).toEqual(["SIGINT"]);
  const result = await ran(await action.finish());
  expect(result.outputs["exit-code"]).toBe("130");
  expect(await readFile(join(workspace, "b"), "utf8")).toBe("old");
  await nothingLeft(result, { env: engine.env });
});

test("what a killed step's task has changed is copied back by post", async () => {
  const workspace = await runnersWorkspace({ a: "old", gone: "x" });
  const command = "echo new >a; rm gone; echo begun; sleep 1000";
  const action = await startAction({ inputs: withBase({ command }), ...inEngine(workspace) });
  await action.waitFor(/^begun$/m);
  action.kill();
  const result = await action.finish();
  expect([result.exitCode, result.post?.exitCode]).toEqual([137, 0]);
  expect(result.post?.annotations.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/copied back/),
  );
  expect(await readdir(workspace)).toEqual(["a"]);
  expect(await readFile(join(workspace, "a"), "utf8")).toBe("new\n");
  expect(await foreignIn(workspace)).toEqual([]);
  await nothingLeft(result, { env: engine.env });
});

test("a link that the task puts into the workspace's place empties nothing", async () => {
  const workspace = await runnersWorkspace({ a: "old" });
  const command = "cd /; rm -rf /workspace; ln -s /tmp /workspace";
  const result = await act({ command }, inEngine(workspace));
  expect(result.outputs.conclusion).toBe("failure");
  expect(messages(result, "error")).toEqual([expect.stringMatching(/is no folder any more/)]);
  expect(await readFile(join(workspace, "a"), "utf8")).toBe("old");
});

test("another folder of the workspace's name, in the engine's files, is not taken for it", async () => {
  const workspace = await runnersWorkspace({ mine: "mine" });
  await writeFile(join(workspace, "of-this-test"), "x");
  // made in the engine's own files: the container has the host's temp folder
  const make = [
    "run",
    "--rm",
    `--mount=type=bind,source=${tmpdir()},target=/host`,
    "agent-runner-test-base:bookworm",
  ];
  const path = join("/host", relative(tmpdir(), workspace));
  const made = await engine.docker(
    ...make,
    "bash",
    "-c",
    `mkdir -p "${path}" && touch "${path}/theirs"`,
  );
  expect(made).toMatchObject({ code: 0 });
  const result = await act({ command: "ls; echo new >made" }, inEngine(workspace));
  expect(result.transcript).toBe("mine\nof-this-test\n");
  expect((await readdir(workspace)).sort()).toEqual(["made", "mine", "of-this-test"]);
});

test("what steers an agent in a stranger's checkout is not copied in, and is here afterwards", async () => {
  const api = await contentsOfTest({ "AGENTS.md": "ours\n" });
  const workspace = await runnersWorkspace({
    ".git/HEAD": "ref: refs/heads/main\n",
    "AGENTS.md": "stranger\n",
    ".claude/settings.json": "{}\n",
    "sub/code": "x",
  });
  const before = await times(join(workspace, ".claude/settings.json"));
  const command = "echo task: $(cat AGENTS.md; ls -A); echo x >>AGENTS.md; echo new >sub/code";
  const result = await act(
    { "required-permission": "none", command },
    {
      workspace,
      event: { name: "pull_request_target", payload: fromFork() },
      env: { ...engine.env, GITHUB_API_URL: api.url },
    },
  );
  expect(printed(result)).toEqual(["task: ours .git AGENTS.md sub"]);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the task changed files that steer agents.*: AGENTS\.md$/),
  ]);
  expect(await readFile(join(workspace, "AGENTS.md"), "utf8")).toBe("stranger\n");
  expect(await times(join(workspace, ".claude/settings.json"))).toEqual({
    ...before,
    ctimeNs: expect.any(BigInt),
  });
  expect(await readFile(join(workspace, "sub/code"), "utf8")).toBe("new\n");
  expect(await foreignIn(workspace)).toEqual([]);
});

test("a repository that `.git` leads to comes along, and `.git` stays what it is", async () => {
  const origin = await runnersWorkspace({ a: "1\n" });
  const git = (...args: string[]) => run("git", ["-C", origin, "-c", "safe.directory=*", ...args]);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=x");
  const workspace = await runnersWorkspace();
  await git("worktree", "add", "--quiet", workspace, "-b", "other");
  await giveToRunner(workspace);
  const pointer = await readFile(join(workspace, ".git"), "utf8");
  const command = [
    "read -r _ folder <.git; cat $folder/HEAD $folder/gitdir",
    "cd $folder/../..; read -r objects <objects/info/alternates; ls $objects | grep -c '^..$'",
    "echo x >>$folder/HEAD",
  ].join("\n");
  const result = await act({ command, user: "4321:4321" }, inEngine(workspace));
  expect(result.transcript).toBe("ref: refs/heads/other\n/workspace/.git\n3\n");
  expect(result.outputs, result.stdout).toMatchObject({ conclusion: "success" });
  expect(await readFile(join(workspace, ".git"), "utf8")).toBe(pointer);
  expect(await foreignIn(workspace)).toEqual([]);
});
