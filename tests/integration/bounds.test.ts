import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { syncFromArchive } from "../../src/task/workspace/copied.ts";
import { startAction } from "../harness/runner.ts";
import { act, messages, printed, ran, runIdOf, withBase } from "./support/act.ts";

/** A disk of its own for the length of a test. */
async function smallDisk(options: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-disk-"));
  await run("mount", ["-t", "tmpfs", "-o", options, "none", folder]);
  onTestFinished(async () => {
    await run("umount", ["--lazy", folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

test("no more than `artifacts-limit` comes out, a file counts as what it would write, and the rest is told", async () => {
  const result = await act({
    "artifacts-limit": "1m, 3 files",
    command: [
      "cd /tmp/agents-artifacts",
      "echo one >a; head -c 600000 /dev/zero >b; head -c 600000 /dev/zero >c; echo two >d",
      "truncate -s 1T hole; echo three >z",
      "truncate -s 1T /run/agent-runner/state/zz",
      "echo task: $(stat -c %s hole)",
    ].join("\n"),
  });
  expect(printed(result)).toEqual(["task: 1099511627776"]);
  const folder = result.outputs["artifacts-path"] ?? "";
  expect((await readdir(folder)).sort()).toEqual(["a", "b", "d"]);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(
      /^2 files of the artifacts .*: c \(0\.6 MB\), hole .*not looked at\. `artifacts-limit` is 1\.0 MB and 3 files$/,
    ),
  ]);
  expect(result.outputs.conclusion).toBe("success");
});

describe("a full disk below RUNNER_TEMP", () => {
  test("that takes some of the artifacts only makes no green run", async () => {
    const temp = await smallDisk("size=8m");
    const result = await act(
      {
        command: 'for n in 1 2 3; do head -c 3M /dev/zero >"/tmp/agents-artifacts/$n"; done',
      },
      { env: { RUNNER_TEMP: temp } },
    );
    expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "1" });
    expect(messages(result, "error")).toEqual([
      expect.stringMatching(
        /^the task's artifacts could not all be kept: .* is full \(ENOSPC\); .* 2 of them are in /,
      ),
    ]);
    expect((await readdir(result.outputs["artifacts-path"] ?? "")).sort()).toEqual(["1", "2"]);
    expect(result.exitCode).toBe(1);
  });

  test("that takes nothing at all is told in a sentence", async () => {
    const temp = await smallDisk("nr_inodes=41");
    const others = Array.from({ length: 40 }, (_, index) => join(temp, `other-${index}`));
    await Promise.all(others.map((file) => writeFile(file, "")));
    const inputs = withBase({ command: "true" });
    const action = await startAction({ inputs, env: { RUNNER_TEMP: temp } });
    await action.waitFor(/ENOSPC/);
    await Promise.all(others.map((file) => rm(file))); // the post step writes, too
    const result = await action.finish();
    expect(messages(result, "error")).toEqual([expect.stringMatching(/ is full \(ENOSPC\)/)]);
    expect(result.log).not.toMatch(/bug in Agent Runner/);
    expect(result.exitCode).toBe(1);
  });
});

test("on a full disk, a file that is copied back into the workspace is as it was", async () => {
  const folder = await smallDisk("size=1m");
  await writeFile(join(folder, "mine"), "mine");
  const scratch = await mkdtemp(join(tmpdir(), "agent-runner-scratch-"));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const archive = pack();
  archive.entry({ name: "workspace/", type: "directory" });
  archive.entry({ name: "workspace/mine" }, Buffer.alloc(3_000_000));
  archive.finalize();
  const sync = syncFromArchive(Readable.from(archive), folder, scratch, undefined, {
    room: { bytes: 1e9, files: 1000 }, // as if another process had filled it meanwhile
  });
  await expect(sync).rejects.toThrow(/ENOSPC/);
  expect(await readdir(folder)).toEqual(["mine"]);
  expect(await readFile(join(folder, "mine"), "utf8")).toBe("mine");
  await mkdir(join(folder, "more"));
  expect((await stat(join(folder, "more"))).isDirectory()).toBe(true);
});

test("the engine keeps no log of the task's, and nothing of it is missed", async () => {
  const action = await startAction({
    inputs: withBase({
      command: "echo begun; until [[ -e go ]]; do sleep 0.1; done; echo end >&2",
    }),
  });
  await action.waitFor(/^begun$/m);
  const name = `agent-runner-${await runIdOf(action)}`;
  const format = "{{.HostConfig.LogConfig.Type}}";
  expect((await run("docker", ["inspect", "--format", format, name])).trim()).toBe("none");
  await writeFile(join(action.workspace, "go"), "");
  expect((await ran(await action.finish())).transcript).toBe("begun\nend\n");
});
