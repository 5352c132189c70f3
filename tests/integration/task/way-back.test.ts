import { execFileSync } from "node:child_process";
import {
  chmod,
  chown,
  copyFile,
  lstat,
  mkdir,
  readdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { act, messages, printed } from "../support/act.ts";
import { buildImage, containersOf, removeOwn, SMALL_BASE_IMAGE } from "../support/images.ts";
import { ensureSudoImage, SUDO_IMAGE } from "../support/sudo-image.ts";
import { foreignIn, runner, runnersWorkspace } from "../support/task-users.ts";

beforeAll(async () => void (await ensureSudoImage()));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);

/** Capabilities of a workspace's files, as a tool of the image sees them. */
const capabilities = async (workspace: string) => {
  const mount = `--mount=type=bind,source=${workspace},target=/w`;
  const argv = ["run", "--rm", "--user=0", "--entrypoint=getcap", mount, SUDO_IMAGE, "-r", "/w"];
  return (await run("docker", argv)).trim();
};

describe("what a task of root leaves", () => {
  test("is the runner's, and no way to become root", async () => {
    const workspace = await runnersWorkspace({ mine: "x", "old/link-target": "x" });
    await symlink("/etc", join(workspace, "old/link"));
    await chown(join(workspace, "old"), runner.uid, runner.gid);
    const command = [
      "cp /bin/bash shell && chmod 4755 shell",
      "mkdir -m 700 deep && cp /bin/bash deep/group && chown 1001:1001 deep/group && chmod 2755 deep/group",
      // of a file that is the runner's already nothing else would have to be changed
      "cp /bin/bash able && chown 1001:1001 able && setcap cap_setuid,cap_dac_override+ep able",
      "chown 0:0 mine && chmod 6755 mine",
      "ln -s /etc/shadow out && ln -s mine within && mkfifo pipe",
      // what handed the workspace back once, and what does so now: neither is asked for in here
      "for name in give.sh start.sh; do printf 'cp /bin/bash /workspace/owned; chmod 4755 /workspace/owned' >/run/agent-runner/$name; done",
      "echo >/run/agent-runner/state/given-back",
      "printf '#!/bin/bash\\ntouch /workspace/owned' | tee /usr/bin/find >/usr/bin/chown",
    ].join("\n");
    const result = await act({ "base-image": SUDO_IMAGE, user: "0", command }, { workspace });
    expect(result.outputs.conclusion).toBe("success");
    expect((await readdir(workspace)).sort()).toEqual(
      ["able", "deep", "mine", "old", "out", "pipe", "shell", "within"].sort(),
    );
    expect(await foreignIn(workspace)).toEqual([]);
    expect(await modeOf(join(workspace, "shell"))).toBe("755");
    expect(await modeOf(join(workspace, "deep/group"))).toBe("755");
    expect(await modeOf(join(workspace, "mine"))).toBe("755");
    expect(await capabilities(workspace)).toBe("");
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(
        /^set-user-ID and set-group-ID were taken .*: deep\/group, mine, shell$/,
      ),
      expect.stringMatching(/^not in the patch .*: pipe$/),
    ]);
    expect(messages(result, "notice")).toEqual([
      expect.stringMatching(/lead out of the workspace.*: out$/),
    ]);
    expect((await lstat(join(workspace, "out"))).isSymbolicLink()).toBe(true);
  });

  test("is the runner's in the deepest folders, and beside them", async () => {
    const workspace = await runnersWorkspace();
    const long = "d".repeat(250);
    const command = [
      `for at in {1..20}; do mkdir ${long} && cd -P ${long}; done`,
      "cp /bin/bash shell && chmod 4755 shell && cp shell /workspace && chmod 4755 /workspace/shell",
    ].join("\n");
    const result = await act({ command }, { workspace });
    // what no path leads to is at the top now
    const find = ["find", workspace, "-name", "shell", "-printf", "%U %m\\n"] as const;
    const found = execFileSync(find[0], find.slice(1), { encoding: "utf8" }).trim().split("\n");
    expect(found).toEqual(["1001 755", "1001 755"]);
    expect(await foreignIn(workspace)).toEqual([]);
    expect(messages(result, "warning").join("\n")).toContain("agent-runner-too-deep-");
    await run("rm", ["-rf", join(workspace, long)]);
  });

  test("in root's own workspace is no way to become root either", async () => {
    const workspace = await runnersWorkspace();
    await chown(workspace, 0, 0);
    await act({ command: "cp /bin/bash shell && chmod 4755 shell" }, { workspace });
    expect(await modeOf(join(workspace, "shell"))).toBe("755");
  });

  test("as notes decides no exit code and blames no script", async () => {
    const command = [
      "cd /run/agent-runner/state",
      "printf 'run-preflight\\0007\\0/x\\0000\\0' >failed; echo >not-found; echo >desktop-failed; echo >given-back",
      "exit 3",
    ].join("\n");
    const result = await act({ command, "run-preflight": "true" });
    expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "3" });
    expect(messages(result, "error")).toEqual(["the command ended with exit code 3"]);
    expect(messages(result, "warning")).toEqual([]);
  });

  test("is nothing of ours that hands over: there is no such script in its container", async () => {
    const result = await act({ command: "echo task: $(ls /run/agent-runner)" });
    expect(printed(result)).toEqual([expect.not.stringContaining("give")]);
  });
});

// GitHub's hosted runners: the action's process is no root, and a container has to do it
describe("a runner that is not root", () => {
  const script = resolve(import.meta.dirname, "../support/take-back.ts");
  const groups = execFileSync("stat", ["-c", "%g", "/var/run/docker.sock"], { encoding: "utf8" });

  async function takenBack(image: string, workspace: string, owner = runner) {
    const runId = "00000000000000ff";
    const who = [`--reuid=${runner.uid}`, `--regid=${runner.gid}`, `--groups=${groups.trim()}`];
    const argv = [...who, process.execPath, script, image, workspace, runId, `${owner.uid}`];
    const said = await run("setpriv", argv, { env: { HOME: "/tmp" } });
    expect(await containersOf(`io.agent-runner.run=${runId}`)).toEqual([]);
    // the lookup of `docker` tells of folders of the PATH that are root's
    return JSON.parse(said.trim().split("\n").at(-1) ?? "") as {
      warnings: string[];
      notices: string[];
      unfinished: boolean;
    };
  }

  /** A workspace of root's task. Its folder lies where the runner's user can reach it. */
  async function afterRoot() {
    const workspace = await runnersWorkspace({ mine: "x" });
    await mkdir(join(workspace, "closed"), { mode: 0o700 });
    for (const name of ["shell", "closed/shell"]) {
      await copyFile("/bin/bash", join(workspace, name));
      await chmod(join(workspace, name), 0o4755);
    }
    await symlink("/etc/shadow", join(workspace, "link"));
    // its own, and closed: nobody else would look there
    await mkdir(join(workspace, "hidden"));
    await copyFile("/bin/bash", join(workspace, "hidden/shell"));
    await chown(join(workspace, "hidden/shell"), runner.uid, runner.gid);
    await chmod(join(workspace, "hidden/shell"), 0o4755);
    await chown(join(workspace, "hidden"), runner.uid, runner.gid);
    await chmod(join(workspace, "hidden"), 0o000);
    for (
      let above = resolve(workspace, "..");
      above !== "/tmp" && above !== "/";
      above = resolve(above, "..")
    ) {
      await chmod(above, 0o755);
    }
    return workspace;
  }

  test.each([
    ["of Debian", SUDO_IMAGE],
    ["with busybox", SMALL_BASE_IMAGE],
  ])("gets the workspace by a container %s", async (_what, image) => {
    const workspace = await afterRoot();
    const { unfinished, warnings } = await takenBack(image, workspace);
    expect(unfinished).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/^set-user-ID .*: hidden\/shell, shell$/)]);
    expect(await foreignIn(workspace)).toEqual([]);
    expect(await modeOf(join(workspace, "shell"))).toBe("755");
    expect(await modeOf(join(workspace, "closed/shell"))).toBe("755");
    expect(await modeOf(join(workspace, "hidden/shell"))).toBe("755");
    expect(await modeOf(join(workspace, "hidden"))).toBe("0");
    expect((await stat("/etc/shadow")).uid).toBe(0);
  });

  test.each([
    ["of Debian", SUDO_IMAGE],
    ["with busybox", SMALL_BASE_IMAGE],
  ])("loses no less where the workspace is root's: an image %s", async (_what, image) => {
    const workspace = await afterRoot();
    await run("chown", ["-R", "--from=1001", "0:0", workspace]);
    await chmod(join(workspace, "shell"), 0o4755);
    await takenBack(image, workspace, { uid: 0, gid: 0 });
    expect(await modeOf(join(workspace, "shell"))).toBe("755");
    expect(await modeOf(join(workspace, "closed/shell"))).toBe("755");
  });

  test("is told of what an image's own programs did instead, and believes them nothing", async () => {
    const image = "agent-runner-test-hostile:1";
    await buildImage(image, [
      `FROM ${SUDO_IMAGE}`,
      "USER root",
      "RUN printf '#!/bin/bash\\ncat /proc/self/status >/workspace/status; cp /bin/bash /workspace/owned; chmod 4755 /workspace/owned; exit 0' >/usr/bin/find",
    ]);
    try {
      const workspace = await afterRoot();
      await writeFile(join(workspace, "new"), "x");
      const { unfinished, warnings } = await takenBack(image, workspace);
      expect(unfinished).toBe(true);
      expect(warnings).toEqual([
        expect.stringMatching(/start no program among them: closed, link, new and 1 more$/),
        expect.stringMatching(/^set-user-ID .*: hidden\/shell$/),
        // these it may remove, since the folder is its own
        expect.stringMatching(/^removed .*: owned, shell$/),
      ]);
      expect((await readdir(workspace)).sort()).toEqual(
        ["closed", "hidden", "link", "mine", "new", "status"].sort(),
      );
      const status = execFileSync("cat", [join(workspace, "status")], { encoding: "utf8" });
      // CAP_CHOWN and CAP_DAC_OVERRIDE, and none to gain
      expect(status).toMatch(/CapBnd:\t0000000000000003\n/);
      expect(status).toMatch(/NoNewPrivs:\t1\n/);
    } finally {
      await removeOwn(image);
    }
  });
});
