import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { dockerEngine } from "../../../../src/engine/engine.ts";
import { boundedBy } from "../../../../src/modes/doctor/bounded.ts";
import { examine } from "../../../../src/modes/doctor/examine.ts";
import { type Look, ofEngine } from "../../../../src/modes/doctor/world.ts";
import { ended, fakeDocker } from "../../fakes.ts";
import { noEngine, told, worldOf } from "./world.ts";

const fine: Look = {
  about: "fine",
  at: async () => [{ about: "fine", state: "ok", says: "it is" }],
};
const never = new Promise<never>(() => {});

it("tells of all, in their order, whatever one of them does", async () => {
  const over = new AbortController();
  const looks: Look[] = [
    { about: "hangs", at: () => never },
    fine,
    { about: "fails", at: async () => Promise.reject(new Error("no such thing")) },
  ];
  const found = examine(looks, (await worldOf()).world, over.signal);
  await nextTurn();
  over.abort();
  expect(told(await found)).toEqual([
    expect.stringMatching(/^problem hangs: it did not answer in the time there was → /),
    "ok fine: it is",
    "problem fails: no such thing",
  ]);
});

it("waits for nothing where the time is over already", async () => {
  const found = await examine(
    [{ about: "hangs", at: () => never }],
    (await worldOf()).world,
    AbortSignal.abort(),
  );
  expect(found).toHaveLength(1);
});

it("says of each part of an engine that is not there that it was not looked at", async () => {
  const { world, calls } = await worldOf({
    docker: ([verb]) => (verb === "version" ? noEngine : undefined),
  });
  expect(told(await ofEngine("store", fine.at).at(world))).toEqual([
    "note store: not looked at: no engine answers",
  ]);
  expect(calls).toHaveLength(1);
  expect(told(await ofEngine("store", fine.at).at((await worldOf()).world))).toEqual([
    "ok fine: it is",
  ]);
});

it("a docker command has what it said for an answer", async () => {
  const docker = fakeDocker(
    () => undefined,
    (_, { stdout, output }) => {
      stdout?.write("28.5.2\n");
      output?.write("WARNING: old\n");
      return ended(3);
    },
  );
  const bounded = boundedBy(docker, new AbortController().signal, "late");
  expect(await bounded.ask("version")).toEqual({
    code: 3,
    stdout: "28.5.2",
    stderr: "WARNING: old",
  });
});

it("a docker command that hangs is ended when its time is over, and no other is started", async () => {
  const over = new AbortController();
  let ends = 0;
  const docker = fakeDocker(() => undefined);
  const hanging = {
    ...docker,
    start: () => ({
      done: never,
      end: async () => {
        ends += 1;
        return never;
      },
    }),
  };
  const engine = dockerEngine(boundedBy(hanging, over.signal, "It hangs"));
  const asked = engine.platform();
  over.abort();
  await expect(asked).rejects.toThrow(/^the Docker engine cannot be used: It hangs$/);
  expect(await engine.machine()).toBeUndefined();
  expect(ends).toBe(1);
});
