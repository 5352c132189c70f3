import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { attempt, run } from "../../../scripts/shell.ts";
import { startAction } from "../../harness/runner.ts";
import { jobFolder } from "../../harness/runner-env.ts";
import { act, messages, printed, ran, runIdOf, withBase } from "../support/act.ts";
import { containersOf, imageId } from "../support/images.ts";
import { processesWith, someSeconds } from "../support/processes.ts";
import { ensureSudoImage, SUDO_IMAGE } from "../support/sudo-image.ts";
import { asImageUser, runnersWorkspace } from "../support/task-users.ts";

beforeAll(async () => void (await ensureSudoImage()));

const asAgent = { "base-image": SUDO_IMAGE };
const status =
  "sed -n 's/^\\(CapEff\\|CapBnd\\|NoNewPrivs\\|Seccomp\\):\\s*/task: \\1 /p' /proc/self/status";
const limit = (name: string, old: string) =>
  `echo task: $(cat /sys/fs/cgroup/${name} 2>/dev/null || cat /sys/fs/cgroup/${old})`;

describe("the box of a task", () => {
  test("has no rights for a user who is not root, and cannot gain any", async () => {
    const result = await act({ ...asImageUser, command: status });
    expect(printed(result)).toEqual([
      "task: CapEff 0000000000000000",
      "task: CapBnd 0000000000000000",
      "task: NoNewPrivs 1",
      "task: Seccomp 2",
    ]);
  });

  test("has for root what package managers need, and neither devices nor raw sockets", async () => {
    const command = [
      status,
      "mknod /dev/disk b 8 0 2>/dev/null || echo task: no device",
      "apt-get update >/dev/null && apt-get install --yes --no-install-recommends libcap2-bin adduser >/dev/null",
      "cp /bin/bash /tmp/able && setcap cap_chown+ep /tmp/able && adduser --disabled-password --gecos x bob >/dev/null",
      "echo task: $(su bob -c 'id -un') $(runuser -u bob -- id -un)",
      "ls /var/run/docker.sock 2>/dev/null || echo task: no engine",
      limit("pids.max", "pids/pids.max"),
      limit("memory.max", "memory/memory.limit_in_bytes"),
    ].join("\n");
    const result = await act({ command });
    const [effective, bounding, ...rest] = printed(result);
    const bits = BigInt(`0x${effective?.split(" ").at(-1)}`);
    expect(bounding?.split(" ").at(-1)).toBe(effective?.split(" ").at(-1));
    // CAP_NET_RAW, CAP_SYS_ADMIN and CAP_MKNOD by their numbers
    expect([13n, 21n, 27n].filter((bit) => (bits >> bit) & 1n)).toEqual([]);
    const machine = Number(await run("docker", ["info", "--format", "{{.MemTotal}}"]));
    expect(rest).toEqual([
      "task: NoNewPrivs 1",
      "task: Seccomp 2",
      "task: no device",
      "task: bob bob",
      "task: no engine",
      "task: 16384",
      expect.stringMatching(/^task: \d+$/),
    ]);
    const memory = Number(rest.at(-1)?.split(" ").at(-1));
    expect(memory).toBeLessThan(machine);
    expect(memory).toBeGreaterThan(machine / 2);
  });

  test("lets sudo do nothing, and says what would", async () => {
    const result = await act({ ...asAgent, command: "sudo -n true; echo never" });
    expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "1" });
    expect(messages(result, "error")).toEqual([expect.stringMatching(/`allow-sudo: true`/)]);
    expect(printed(result)).toEqual([]);
  });

  test("lets sudo install packages with `allow-sudo`", async () => {
    const command = [
      "sudo -n apt-get update >/dev/null",
      "sudo -n apt-get install --yes --no-install-recommends hello >/dev/null",
      "echo task: $(hello)",
      status,
    ].join("\n");
    const result = await act({ ...asAgent, "allow-sudo": "true", command });
    expect(result.outputs["exit-code"]).toBe("0");
    expect(result.transcript).not.toMatch(/audit/);
    expect(printed(result)).toEqual([
      "task: Hello, world!",
      "task: CapEff 0000000000000000",
      expect.stringMatching(/^task: CapBnd 00000000[0-9a-f]{8}$/),
      "task: NoNewPrivs 0",
      "task: Seccomp 2",
    ]);
  });

  test("is left by nothing that sudo has begun when the time is over", async () => {
    const seconds = someSeconds();
    const command = `trap 'echo task: asked; exit 0' TERM\nsudo -n sleep ${seconds} & echo begun; wait`;
    const inputs = { ...asAgent, "allow-sudo": "true", "task-timeout": "0.1", command };
    const result = await act(inputs);
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    expect(printed(result)).toEqual(["task: asked"]);
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  });
});

describe("what is installed first", () => {
  const secret = "a-secret-of-the-installation";
  const preflight = [
    "sudo -n sh -c 'echo installed >/opt/by-root'",
    "echo kept >/data/in-a-volume",
    "sha256sum /run/secrets/token >/tmp/seen",
    "sudo -n sh -c 'mkdir -p /run/agent-runner; echo touch /workspace/OWNED >/run/agent-runner/give.sh'",
    "# a word that stands in the script alone: zanzibar",
  ].join("\n");
  const inputs = {
    ...asAgent,
    "cached-preflight": preflight,
    "build-secrets": "token=TOKEN",
    env: "CANARY=1",
  };

  test("has a build's rights, and the task has what it left, in the box", async () => {
    const workspace = await runnersWorkspace();
    const command = [
      'echo "task: $(cat /opt/by-root) $(cat /data/in-a-volume) $(wc -l </tmp/seen)"',
      status,
      "echo begun; until test -e go; do sleep 0.1; done; ls",
    ].join("\n");
    const action = await startAction({
      inputs: withBase({ ...inputs, command }),
      env: { TOKEN: secret },
      workspace,
    });
    await action.waitFor(/^begun$/m);
    const runId = await runIdOf(action);
    const kept = `agent-runner-installed:${runId}`;
    const config = async (image: string) => {
      const format =
        "{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.User}} {{json .Config.WorkingDir}} {{json .Config.Env}}";
      return run("docker", ["image", "inspect", "--format", format, image]);
    };
    expect(await config(kept)).toBe(await config(SUDO_IMAGE));
    // what the engine has of it: every file and every word about it
    const folder = await mkdtemp(join(await jobFolder(), "image-"));
    await run("docker", ["save", "--output", join(folder, "image.tar"), kept]);
    await run("tar", ["-xf", join(folder, "image.tar"), "-C", folder]);
    for (const word of [secret, "zanzibar", "CANARY"]) {
      await expect(run("grep", ["-rlaF", "--", word, folder])).rejects.toThrow("exit code 1");
    }
    await run("touch", [join(workspace, "go")]);
    const result = await ran(await action.finish());
    expect(printed(result)).toEqual([
      "task: installed kept 1",
      "task: CapEff 0000000000000000",
      "task: CapBnd 0000000000000000",
      "task: NoNewPrivs 1",
      "task: Seccomp 2",
    ]);
    expect(result.transcript).not.toContain("OWNED");
    expect(result.outputs["image-source"]).toBe("base");
    expect(await imageId(kept)).toBeUndefined();
    expect(await containersOf(`io.agent-runner.run=${runId}`)).toEqual([]);
    expect(await volumesWith("in-a-volume")).toEqual([]);
  });

  test.each([
    ["is being installed", { "cached-preflight": "echo begun; sleep 1000" }],
    ["has been installed", { "cached-preflight": "true", command: "echo begun; sleep 1000" }],
  ])("is removed by post when main was killed while it %s", async (_when, more) => {
    const action = await startAction({
      inputs: withBase({ "base-image": SUDO_IMAGE, command: "true", ...more }),
    });
    await action.waitFor(/^begun$/m);
    action.kill();
    const result = await action.finish();
    expect([result.exitCode, result.post?.exitCode]).toEqual([137, 0]);
    const { runId } = result.state;
    expect(await imageId(`agent-runner-installed:${runId}`)).toBeUndefined();
    expect(await containersOf(`io.agent-runner.run=${runId}`)).toEqual([]);
  });

  test("that takes too long is ended with the task's time", async () => {
    const seconds = someSeconds();
    const result = await act({
      "cached-preflight": `echo begun; sleep ${seconds}`,
      "task-timeout": "0.05",
      command: "echo never",
    });
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    expect(result.transcript).not.toContain("never");
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
    expect(await containersOf(`io.agent-runner.run=${result.state.runId}`)).toEqual([]);
  });
});

/** Volumes of the engine that have a file of this name. */
async function volumesWith(name: string): Promise<string[]> {
  const root = (await run("docker", ["info", "--format", "{{.DockerRootDir}}"])).trim();
  const { stdout } = await attempt("find", [join(root, "volumes"), "-name", name]);
  return stdout.split("\n").filter((line) => line !== "");
}
