import { beforeAll, expect, test } from "vitest";
import { startAction } from "../../harness/runner.ts";
import { messages, ran, withBase } from "../support/act.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { type OwnEngine, ownEngine } from "../support/own-engine.ts";

let engine: OwnEngine;
beforeAll(async () => {
  engine = await ownEngine();
  return engine.end;
});

/** Far above what the action waits for an engine, and far below for ever. */
const limitMs = 60_000;

async function startTask() {
  const command = "echo 1 >file; echo begun; trap 'exit 3' TERM; sleep 1000 & wait";
  const action = await startAction({ inputs: withBase({ command }), env: engine.env });
  await action.waitFor(/^begun$/m);
  return action;
}

test("an engine that is restarted under a task ends it, and the step says how", async () => {
  const action = await startTask();
  const finished = action.finish();
  await engine.stop();
  await engine.start();
  const result = await ran(await Promise.race([finished, late()]));
  expect(result.exitCode).toBe(1);
  expect(result.outputs.conclusion).toBe("failure");
  expect(messages(result, "error")).toEqual([expect.stringMatching(/ended with exit code \d+/)]);
  expect(result.transcript).toMatch(/^begun\n/);
  await nothingLeft(result, { env: engine.env });
});

test("an engine that does not come back ends the step, with a word about the engine", async () => {
  const action = await startTask();
  const finished = action.finish();
  await engine.stop();
  try {
    const result = await Promise.race([finished, late()]);
    expect(result.exitCode).toBe(1);
    expect(messages(result, "error")).toEqual([expect.stringMatching(/engine/)]);
    expect(result.orphans).toEqual([]);
  } finally {
    await engine.start();
  }
});

async function late(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, limitMs).unref());
  throw new Error(`the step had not ended ${limitMs} ms after its engine`);
}
