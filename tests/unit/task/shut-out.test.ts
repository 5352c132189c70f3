import { describe, expect, it } from "vitest";
import type { Engine } from "../../../src/engine/engine.ts";
import { ContainerTrouble } from "../../../src/engine/trouble.ts";
import { isKeptOut, isShutOut } from "../../../src/task/shut-out.ts";

const state = { Status: "exited", Running: false, ExitCode: 93, OOMKilled: false, Error: "" };
const nothing = { ended: "by itself", state, notes: new Map<string, Buffer>() } as const;
const note = new Map([["pid", Buffer.from("1")]]);

describe("a container's user who may not write its files", () => {
  it.each([
    ["the start script's code and no note", nothing, true],
    ["a task that ended with the same code", { ...nothing, notes: note }, false],
    ["another code", { ...nothing, state: { ...state, ExitCode: 1 } }, false],
    ["a cancelled task", { ...nothing, ended: "cancelled" as const }, false],
  ])("is told by %s", (_, evidence, expected) => {
    expect(isShutOut(evidence)).toBe(expected);
  });

  const engine = (mapsUsers: boolean | undefined) =>
    ({
      machine: async () => (mapsUsers === undefined ? undefined : { mapsUsers }),
    }) as unknown as Engine;
  const denied = new ContainerTrouble("could not be started: chdir: Permission denied");

  it.each([
    ["on an engine that maps users", denied, true, true],
    ["on an ordinary one", denied, false, false],
    ["on one that does not say", denied, undefined, false],
    ["for another reason", new ContainerTrouble("no space left on device"), true, false],
    ["by a mistake of ours", new Error("permission denied"), true, false],
  ])("may be kept from the start %s", async (_, error, mapsUsers, expected) => {
    expect(await isKeptOut(error, engine(mapsUsers))).toBe(expected);
  });
});
