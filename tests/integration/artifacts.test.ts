import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { USER_BASE_IMAGE } from "../harness/base-image.ts";
import { act, messages } from "./support/act.ts";

test("what the task leaves in its artifacts folder comes out, whoever wrote it and however it ended", async () => {
  const result = await act({
    "base-image": USER_BASE_IMAGE,
    command: [
      "cd /tmp/agents-artifacts",
      "mkdir -p a/b && echo deep >'a/b/with blank.txt'",
      "head -c 300000 /dev/zero >big",
      "umask 077; echo private >private",
      "exit 3",
    ].join("\n"),
  });
  expect(result.outputs["exit-code"]).toBe("3");
  const folder = result.outputs["artifacts-path"] ?? "";
  expect(await readFile(join(folder, "a/b/with blank.txt"), "utf8")).toBe("deep\n");
  expect(await readFile(join(folder, "private"), "utf8")).toBe("private\n");
  expect((await lstat(join(folder, "big"))).size).toBe(300_000);
  expect(result.summary).toContain("with blank.txt");
});

test("links do not come out: one could be a file of the runner's", async () => {
  const result = await act({
    command: [
      "cd /tmp/agents-artifacts",
      "ln -s /etc/passwd passwd",
      "ln -s ../../../../../../etc up",
      "mkdir real; ln -s /etc folder; echo kept >real/kept",
      "mkfifo pipe",
    ].join("\n"),
  });
  const folder = result.outputs["artifacts-path"] ?? "";
  for (const name of ["passwd", "up", "folder", "pipe"]) {
    await expect(lstat(join(folder, name)), name).rejects.toThrow("ENOENT");
  }
  expect(await readFile(join(folder, "real/kept"), "utf8")).toBe("kept\n");
  expect(result.exitCode).toBe(0);
});

test("an artifacts folder that is itself a link leads nowhere", async () => {
  const result = await act({
    command: "rm -rf /tmp/agents-artifacts; ln -s /etc /tmp/agents-artifacts",
  });
  const folder = result.outputs["artifacts-path"] ?? "";
  await expect(lstat(join(folder, "passwd"))).rejects.toThrow("ENOENT");
  expect(result.exitCode).toBe(0);
});

test("a task that has removed the folder, or left nothing, is no failure", async () => {
  const results = await Promise.all([
    act({ command: "rm -rf /tmp/agents-artifacts" }),
    act({ command: "true" }),
  ]);
  for (const result of results) {
    expect(result.exitCode).toBe(0);
    expect(messages(result, "warning")).toEqual([]);
  }
});
