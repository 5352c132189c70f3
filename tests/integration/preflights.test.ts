import { expect, test } from "vitest";
import { act, messages, spoken } from "./support/act.ts";
import { workspaceWith } from "./support/workspace.ts";

test("preflights run in their order, before the command, and what they export reaches it", async () => {
  const result = await act({
    "cached-preflight": "echo cached\nexport FROM_CACHED=1",
    "environment-preflight": "echo environment $A $B\nexport C=3",
    "run-preflight": "echo run $A\nexport B=2\ngreet() { echo hello from a function; }",
    "settings-preflight": "echo settings\nexport A='1 and more'",
    command: 'echo "command $A $B $C ${FROM_CACHED-unset}"\ngreet',
  });
  expect(spoken(result)).toEqual([
    "cached",
    "settings",
    "run 1 and more",
    "environment 1 and more 2",
    "command 1 and more 2 3 unset",
    "hello from a function",
  ]);
  expect(result.outputs.conclusion).toBe("success");
});

test("`exit 0` in a preflight ends that preflight and not the task", async () => {
  const result = await act({
    "settings-preflight": "export A=1\ncd /tmp\nexit 0\necho never",
    "run-preflight": "trap 'echo its own trap' EXIT\nexport B=2\nexit 0",
    command: "echo $A $B $PWD",
  });
  expect(result.transcript).toBe("its own trap\n1 2 /tmp\n");
  expect(result.outputs["exit-code"]).toBe("0");
});

test("options that a preflight sets end with it", async () => {
  const result = await act({
    "run-preflight": "set +e +o pipefail -u -x\nshopt -s nullglob\nset +x",
    command: 'echo "${NOT_SET-}" $NOT_SET_EITHER *.nothing\nfalse\necho never',
  });
  expect(result.transcript).toContain("*.nothing\n");
  expect(result.transcript).not.toContain("never");
  expect(result.outputs["exit-code"]).toBe("1");
});

test("a preflight has no input, so it cannot eat the prompt", async () => {
  const result = await act({
    "settings-preflight": 'cat; read -r line || echo "nothing to read"',
    prompt: "the prompt",
    command: "cat",
  });
  expect(result.transcript).toBe("nothing to read\nthe prompt");
});

test("a preflight that fails ends the step with its name and line", async () => {
  const result = await act({
    "run-preflight": "echo one\n(exit 9)\necho never",
    command: "echo never",
  });
  expect(result.outputs).toMatchObject({ "exit-code": "9", conclusion: "failure" });
  expect(messages(result, "error")).toEqual([
    "run-preflight failed at line 2 with exit code 9: one",
  ]);
  expect(result.transcript).toBe("one\n");
});

test("a preflight from a file is annotated where it failed", async () => {
  const workspace = await workspaceWith({ "ci/prepare.sh": "true\n\nfalse\n" });
  const result = await act(
    { "run-preflight-file": "ci/prepare.sh", command: "true" },
    { workspace },
  );
  expect(result.annotations).toEqual([
    {
      level: "error",
      message: "ci/prepare.sh failed at line 3 with exit code 1",
      file: "ci/prepare.sh",
      line: 3,
    },
  ]);
});

test("a preflight that replaces its shell is no success", async () => {
  const result = await act({ "run-preflight": "exec true", command: "echo never" });
  expect(result.exitCode).toBe(1);
  expect(result.outputs.conclusion).toBe("failure");
  expect(messages(result, "error")).toEqual([expect.stringContaining("exec")]);
});
