import { expect, it } from "vitest";
import type { ContainerState } from "../../../src/engine/containers.ts";
import { ContainerTrouble, NotStarted } from "../../../src/engine/trouble.ts";
import type { Evidence } from "../../../src/task/collect.ts";
import { noEnd } from "../../../src/task/ends.ts";
import { mayBeImage } from "../../../src/task/instead.ts";
import { ScriptFailed } from "../../../src/task/provision.ts";

const failed = (reason: unknown): PromiseSettledResult<Evidence> => ({
  status: "rejected",
  reason,
});
const state: ContainerState = {
  Status: "exited",
  Running: false,
  ExitCode: 127,
  OOMKilled: false,
  Error: "",
};
const ended = (more: Partial<Evidence> = {}): PromiseSettledResult<Evidence> => ({
  status: "fulfilled",
  value: {
    ...noEnd,
    state,
    notes: new Map(),
    artifacts: [],
    lost: [],
    tail: "",
    sessions: undefined,
    ...more,
  },
});
const notes = (...names: string[]) => new Map(names.map((name) => [name, Buffer.from("1")]));
const script = { file: "x", source: "x", text: "", component: "x", label: "x" };

// A command is never run twice: only what shows that nothing ran may be the image's fault.
it.each<[string, PromiseSettledResult<Evidence>, boolean, boolean]>([
  ["a container that could not be made", failed(new ContainerTrouble("no")), false, true],
  ["one that could not be started", failed(new NotStarted("no")), true, true],
  ["one that was lost when it may have run", failed(new ContainerTrouble("lost")), true, false],
  ["a fault of ours", failed(new TypeError("x")), false, false],
  ["no shell", ended(), true, true],
  [
    "a program for another machine",
    ended({ tail: "exec /bin/bash: exec format error" }),
    true,
    true,
  ],
  ["a command that was reached", ended({ notes: notes("pid", "started") }), true, false],
  ["a start script that began", ended({ notes: notes("pid") }), true, false],
  ["a success", ended({ state: { ...state, ExitCode: 0 } }), true, false],
  ["a cancel", ended({ ended: "cancelled" }), true, false],
  ["a timeout", ended({ ended: "timeout" }), true, false],
  [
    "an installation that failed",
    ended({ scriptFailed: new ScriptFailed(script, 1, "") }),
    false,
    false,
  ],
])("%s", (_, tried, started, expected) => {
  expect(mayBeImage(tried, started)).toBe(expected);
});
