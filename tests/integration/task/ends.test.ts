import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startAction } from "../../harness/runner.ts";
import { act, messages, printed, ran, runIdOf, withBase } from "../support/act.ts";
import { containersOf } from "../support/images.ts";
import { processesWith, someSeconds } from "../support/processes.ts";
import { asImageUser, foreignIn, runnersWorkspace } from "../support/task-users.ts";

/** An agent of the image's user that does this; the image's user may write only its home and /tmp. */
function agentThat(...lines: string[]): Record<string, string> {
  const script = ["#!/bin/bash", ...lines].join("\n");
  const install = `mkdir -p /tmp/bin\ncat >/tmp/bin/codex <<'AGENT'\n${script}\nAGENT\nchmod +x /tmp/bin/codex`;
  return {
    ...asImageUser,
    agent: "codex",
    prompt: "x",
    "run-preflight": `${install}\nPATH=/tmp/bin:$PATH`,
  };
}

const label = (state: Record<string, string>) => `io.agent-runner.run=${state.runId}`;

// These wait for a limit to pass: side by side.
describe.concurrent("an agent whose time is over", () => {
  test("is asked to end and has time for it; transcript, artifacts and outputs are kept", async () => {
    const workspace = await runnersWorkspace();
    const result = await act(
      {
        ...agentThat(
          "finish() { echo asked to end; for i in 1 2 3 4 5; do sleep 1; echo tick $i; done",
          "  echo result >/tmp/agents-artifacts/late; echo said=so >>$AGENT_OUTPUT; echo 1 >file; exit 0; }",
          "trap finish TERM",
          "echo early >/tmp/agents-artifacts/early; echo begun; sleep 1000 & wait",
        ),
        "task-timeout": "0.15",
      },
      { workspace },
    );
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    const ticks = [1, 2, 3, 4, 5].map((one) => `tick ${one}\n`).join("");
    expect(result.transcript).toBe(`begun\nasked to end\n${ticks}`);
    const artifacts = result.outputs["artifacts-path"] ?? "";
    expect(await readFile(join(artifacts, "early"), "utf8")).toBe("early\n");
    expect(await readFile(join(artifacts, "late"), "utf8")).toBe("result\n");
    expect(result.outputs["agent-outputs"]).toBe('{"said":"so"}');
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("is killed after 10 s when it will not end", async () => {
    const result = await act({
      ...agentThat("trap 'echo asked to end' TERM", "while :; do echo tick; sleep 1; done"),
      "task-timeout": "0.15",
    });
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    const asked = result.transcript.indexOf("asked to end\n");
    const ticks = result.transcript.slice(asked).match(/^tick$/gm)?.length ?? 0;
    // ten seconds: on a machine under load TERM comes later in them, and KILL after them
    expect(ticks).toBeGreaterThanOrEqual(4);
    expect(ticks).toBeLessThanOrEqual(20);
    expect(await containersOf(label(result.state))).toEqual([]);
  });
});

describe.concurrent("a preflight during which the task ends", () => {
  const inputs = (seconds: string) => ({
    ...agentThat("echo agent"),
    "settings-preflight": "true",
    "run-preflight": `echo begun; sleep ${seconds}`,
  });

  test("by its time: the agent is not started any more", async () => {
    const result = await act({ ...inputs(someSeconds()), "task-timeout": "0.15" });
    expect(result.outputs).toMatchObject({ conclusion: "timeout", "exit-code": "124" });
    expect(result.transcript).toBe("begun\nTerminated\n"); // bash's word about the sleep
    expect(messages(result, "error")).toEqual([expect.stringContaining("task-timeout")]);
  });

  test("by a cancel: the agent is not started any more", async () => {
    const seconds = someSeconds();
    const action = await startAction({ inputs: withBase(inputs(seconds)) });
    await action.waitFor(/^begun$/m);
    expect(await action.cancel()).toEqual(["SIGINT"]);
    const result = await ran(await action.finish());
    expect(result.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
    expect(result.transcript).toBe("begun\nTerminated\n");
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  });
});

describe.concurrent("an agent that is cancelled", () => {
  test("leaves no container to post, even when it will not end, and the step is cancelled", async () => {
    const seconds = someSeconds();
    const workspace = await runnersWorkspace();
    const inputs = withBase(
      agentThat(
        "trap '' TERM INT HUP",
        "echo 1 >file",
        "echo begun",
        `while :; do sleep ${seconds}; done`,
      ),
    );
    const action = await startAction({ inputs, workspace });
    await action.waitFor(/^begun$/m);
    const runId = await runIdOf(action);
    expect(await action.cancel()).toEqual(["SIGINT"]);
    expect(await containersOf(label({ runId }))).toEqual([]);
    const result = await ran(await action.finish());
    expect(result.state.runId).toBe(runId);
    expect(result.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
    expect(result.transcript).toBe("begun\n");
    expect(await containersOf(label(result.state))).toEqual([]);
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
    expect(result.orphans).toEqual([]);
    expect(await foreignIn(workspace)).toEqual([]);
  });
});

describe("an agent that is done", () => {
  test("ends the task at once, though a child of its still holds the pipe; nothing is lost", async () => {
    const seconds = someSeconds();
    const result = await act(
      agentThat(
        `(trap '' TERM HUP; sleep ${seconds}) &`,
        `setsid sleep ${seconds} &`,
        "seq 1 700000",
        "printf 'the very last'",
      ),
    );
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
    const lines = Array.from({ length: 700_000 }, (_, index) => `${index + 1}\n`).join("");
    const sum = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(sum(result.transcript)).toBe(sum(`${lines}the very last`));
    expect(await processesWith(`sleep ${seconds}`)).toEqual([]);
  });

  // those that the engine itself ends with, too
  test.each([125, 126, 127, 137])("with %i is told by its name and with its code", async (code) => {
    const result = await act(agentThat("echo ran", `exit ${code}`));
    expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": String(code) });
    expect(messages(result, "error")).toEqual([
      expect.stringMatching(new RegExp(`^codex ended with exit code ${code}`)),
    ]);
    expect(result.transcript).toBe("ran\n");
  });

  test("because it ran out of memory is told so", async () => {
    const result = await act({
      ...agentThat("head -c 300m /dev/zero | tail -c 250m >/dev/null", "kill -9 $$"),
      memory: "64m",
    });
    expect(result.outputs).toMatchObject({ conclusion: "failure", "exit-code": "137" });
    expect(messages(result, "error")).toEqual([expect.stringMatching(/out of memory.*`memory`/)]);
  });

  // the engine says OOMKilled when any process of the container was killed for it
  test("well, though one of its processes ran out of memory, is a success", async () => {
    const result = await act({
      ...agentThat("head -c 300m /dev/zero | tail -c 250m >/dev/null", "echo went on; exit 0"),
      memory: "64m",
    });
    // bash tells of the end of `tail` on the other stream, which may arrive later
    expect(result.transcript).toMatch(/^went on$/m);
    expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
  });
});

describe("an engine that cannot start the task", () => {
  test.each([
    ["a network that is not there", { network: "no-such-network" }],
    ["a mount whose source is not there", { mounts: "type=bind,source=/no/such,target=/x" }],
  ])(
    "because of %s says so in the engine's words, and not that the agent failed",
    async (_why, inputs) => {
      const result = await act({ ...agentThat("echo never"), ...inputs });
      expect(result.exitCode).toBe(1);
      const [error, ...more] = messages(result, "error");
      expect(more).toEqual([]);
      expect(error).toMatch(/^the task's container (?:did not|could not be) \w+: .*no[-/]such/);
      expect(error).not.toMatch(/codex/);
      expect(result.stdout).not.toContain("never");
      expect(await containersOf(label(result.state))).toEqual([]);
    },
  );
});

test("a task's files are the runner's to keep: transcript and artifacts can be read by the next step", async () => {
  const workspace = await runnersWorkspace();
  const result = await act(
    {
      ...agentThat(
        "umask 077; mkdir /tmp/agents-artifacts/d; echo task: 1 | tee /tmp/agents-artifacts/d/a",
      ),
    },
    { workspace },
  );
  expect(printed(result)).toEqual(["task: 1"]);
  const path = join(result.outputs["artifacts-path"] ?? "", "d/a");
  expect((await stat(path)).uid).toBe(process.getuid?.());
});
