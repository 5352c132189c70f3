import { execFileSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { startAction } from "../../harness/runner.ts";
import { act, printed, ran, withBase } from "../support/act.ts";
import { containersOf, SMALL_BASE_IMAGE } from "../support/images.ts";
import { ensureNodeImage, NODE_IMAGE } from "../support/node-image.ts";
import { asImageUser, foreignIn, giveToRunner, runnersWorkspace } from "../support/task-users.ts";

const times = async (path: string) => {
  const { ctimeNs, mtimeNs, uid, gid } = await lstat(path, { bigint: true });
  return { ctimeNs, mtimeNs, uid, gid };
};

describe("a workspace of the runner's user", () => {
  test.each([
    ["the image's own user, another number", asImageUser],
    ["root", {}],
    ["a number that no passwd knows", { user: "7654:7654" }],
    // busybox' find, which Alpine has, knows no -uid
    ["a user of an image with busybox", { user: "7654:7654", "base-image": SMALL_BASE_IMAGE }],
    ["the runner's user itself", { user: "1001:1001" }],
  ])("can be written by %s, and belongs to the runner's user afterwards", async (_who, inputs) => {
    const workspace = await runnersWorkspace({ "a/b/changed": "old", "tool*": "x", gone: "x" });
    const command = [
      "echo new >a/b/changed",
      "rm gone",
      "mkdir -p new/deep && echo 1 >new/deep/file && ln -s nowhere new/link",
      "mkdir tight && echo 2 >tight/file && chmod 0600 tight/file && chmod 0500 tight",
    ].join("\n");
    const result = await act({ ...inputs, command }, { workspace });
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
    expect(result.annotations).toEqual([]);
    expect(await readFile(join(workspace, "a/b/changed"), "utf8")).toBe("new\n");
    expect((await readdir(workspace)).sort()).toEqual(["a", "new", "tight", "tool"]);
    expect((await stat(join(workspace, "tool"))).mode & 0o777).toBe(0o755);
    expect((await stat(join(workspace, "tight"))).mode & 0o777).toBe(0o500);
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("is not touched where the container's user has the runner's number", async () => {
    const workspace = await runnersWorkspace({ one: "1", "d/two": "2" });
    await symlink("one", join(workspace, "link"));
    await giveToRunner(workspace);
    const paths = ["one", "d", "d/two", "link"].map((name) => join(workspace, name));
    const before = await Promise.all(paths.map(times));
    await act({ user: "1001:1001", command: "cat one d/two; echo x >new" }, { workspace });
    expect(await Promise.all(paths.map(times))).toEqual(before);
  });

  test("is touched by root's task only where that wrote", async () => {
    const workspace = await runnersWorkspace({ one: "1", "d/two": "2" });
    const paths = ["one", "d", "d/two"].map((name) => join(workspace, name));
    const before = await Promise.all(paths.map(times));
    await act({ command: "cat one; echo x >new" }, { workspace });
    expect(await Promise.all(paths.map(times))).toEqual(before);
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("belongs to it after a task that failed, and after one that was ended", async () => {
    const workspace = await runnersWorkspace();
    const failed = await act({ ...asImageUser, command: "echo 1 >a; exit 3" }, { workspace });
    expect(failed.outputs["exit-code"]).toBe("3");
    const ended = await act(
      { ...asImageUser, command: "echo 2 >b; sleep 1000", "task-timeout": "0.1" },
      { workspace },
    );
    expect(ended.outputs["exit-code"]).toBe("124");
    expect((await readdir(workspace)).sort()).toEqual(["a", "b"]);
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("is handed back by post when main was killed", async () => {
    const workspace = await runnersWorkspace({ old: "x" });
    const command = "echo 1 >new; mkdir d; echo 2 >d/new; echo begun; sleep 1000";
    const action = await startAction({ inputs: withBase({ ...asImageUser, command }), workspace });
    await action.waitFor(/^begun$/m);
    expect(await foreignIn(workspace)).not.toEqual([]);
    action.kill();
    const result = await action.finish();
    expect(result.post?.exitCode).toBe(0);
    expect(await containersOf(`io.agent-runner.run=${result.state.runId}`)).toEqual([]);
    expect((await readdir(workspace)).sort()).toEqual(["d", "new", "old"]);
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("keeps odd names, links and read-only folders", async () => {
    const names = ["a\nb", "-rf", "--", " blank ", "é 😀", "quote\"'$(id)`", "back\\slash", "*"];
    const workspace = await runnersWorkspace({ "ro/inside": "x" });
    for (const name of names) {
      await writeFile(join(workspace, name), name);
      await mkdir(join(workspace, `d${name}`));
      await writeFile(join(workspace, `d${name}`, name), name);
    }
    await symlink("nowhere/at/all", join(workspace, "dangling"));
    await symlink("/etc", join(workspace, "absolute"));
    await symlink("..", join(workspace, "up"));
    await symlink(".", join(workspace, "loop"));
    await chmod(join(workspace, "ro"), 0o555);
    await giveToRunner(workspace);
    const outside = await stat("/etc");
    const result = await act(
      { ...asImageUser, command: 'for f in ./*; do [[ ! -f $f ]] || echo more >>"$f"; done' },
      { workspace },
    );
    expect(result.outputs.conclusion).toBe("success");
    for (const name of names) {
      expect(await readFile(join(workspace, name), "utf8")).toBe(`${name}more\n`);
      expect(await readFile(join(workspace, `d${name}`, name), "utf8")).toBe(name);
    }
    expect(await readlink(join(workspace, "dangling"))).toBe("nowhere/at/all");
    expect(await readlink(join(workspace, "absolute"))).toBe("/etc");
    expect((await stat(join(workspace, "ro"))).mode & 0o777).toBe(0o555);
    expect(await foreignIn(workspace)).toEqual([]);
    // what a link leads to is none of the workspace
    const { uid, gid, ctimeMs } = await stat("/etc");
    expect({ uid, gid, ctimeMs }).toEqual({
      uid: outside.uid,
      gid: outside.gid,
      ctimeMs: outside.ctimeMs,
    });
  });
});

describe("git in the container", () => {
  beforeAll(async () => void (await ensureNodeImage()));

  test.each([{}, { user: "7654:7654" }, { user: "1001:1001" }])(
    "does not complain of dubious ownership: %j",
    async (inputs) => {
      const workspace = await runnersWorkspace({ file: "1\n" });
      const git = (...args: string[]) =>
        execFileSync("git", ["-c", "safe.directory=*", ...args], { cwd: workspace });
      git("init", "--quiet");
      git("add", ".");
      git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--message=x");
      await giveToRunner(workspace);
      const result = await act(
        {
          ...inputs,
          "base-image": NODE_IMAGE,
          command:
            "echo 2 >>file\ngit status --short 2>&1 | sed 's/^/task: /'\ngit -C /workspace/.git rev-parse HEAD >/dev/null",
        },
        { workspace },
      );
      expect(printed(result)).toEqual(["task:  M file"]);
      expect(result.outputs["exit-code"]).toBe("0");
      expect(await foreignIn(workspace)).toEqual([]);
    },
  );
});

test("the user's own git configuration in the environment stays in force", async () => {
  const { transcript } = await ran(
    await (
      await startAction({
        inputs: withBase({
          "base-image": await ensureNodeImage(),
          env: "GIT_CONFIG_COUNT=1\nGIT_CONFIG_KEY_0=user.name\nGIT_CONFIG_VALUE_0=Octo Cat",
          command: "git config user.name; git config --get-all safe.directory",
        }),
      })
    ).finish(),
  );
  expect(transcript).toBe("Octo Cat\n*\n");
});
