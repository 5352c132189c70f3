import { expect, test } from "vitest";
import { NO_BASH_IMAGE } from "../harness/base-image.ts";
import { act, messages } from "./support/act.ts";

test("a task that succeeds is a success with exit code 0", async () => {
  const result = await act({ command: "echo done" });
  expect(result.transcript).toBe("done\n");
  expect(result.outputs).toMatchObject({ "exit-code": "0", conclusion: "success" });
  expect(result.exitCode).toBe(0);
  expect(result.annotations).toEqual([]);
  expect(result.orphans).toEqual([]);
});

test("a task that exits 7 fails the step and hands its code on", async () => {
  const result = await act({ command: "echo before\nexit 7" });
  expect(result.outputs).toMatchObject({ "exit-code": "7", conclusion: "failure" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("exit code 7")]);
  expect(result.transcript).toBe("before\n");
});

test("a line that fails ends the task, in a pipe too, as in a run: step", async () => {
  const result = await act({ command: "(exit 3) | cat\necho never" });
  expect(result.outputs["exit-code"]).toBe("3");
  expect(result.transcript).toBe("");
});

test("a command that is not there is 127", async () => {
  const result = await act({ command: "no-such-program --help" });
  expect(result.outputs).toMatchObject({ "exit-code": "127", conclusion: "failure" });
  expect(messages(result, "error")).toEqual([expect.stringContaining("127")]);
});

test("a task that takes longer than its time-out is ended, with 124", async () => {
  const command = "trap 'echo asked to end; exit 0' TERM\necho begun\nsleep 100 & wait";
  const result = await act({ command, "task-timeout": "0.15" });
  expect(result.outputs).toMatchObject({ "exit-code": "124", conclusion: "timeout" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("task-timeout")]);
  expect(result.transcript).toBe("begun\nasked to end\n");
});

test("a task that runs out of memory is told so", async () => {
  const command = "head -c 200m /dev/zero | tail -c 150m >/dev/null\necho never";
  const result = await act({ command, memory: "64m" });
  expect(result.outputs).toMatchObject({ "exit-code": "137", conclusion: "failure" });
  expect(messages(result, "error")).toEqual([expect.stringMatching(/out of memory.*`memory`/)]);
});

test("an image without bash is told so, with 127", async () => {
  const result = await act({ "base-image": NO_BASH_IMAGE, command: "echo never" });
  expect(result.outputs).toMatchObject({ "exit-code": "127", conclusion: "failure" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("`bash`")]);
  expect(result.transcript).not.toContain("never");
});

test("an image without bash is told so, and not that a script failed, when something is to be installed", async () => {
  const result = await act({
    "base-image": NO_BASH_IMAGE,
    "cached-preflight": "echo never",
    command: "echo never",
  });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("`bash`")]);
});
