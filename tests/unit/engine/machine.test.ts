import { describe, expect, it } from "vitest";
import { askMachine } from "../../../src/engine/machine.ts";
import { fakeDocker } from "../fakes.ts";

const asked = (stdout: string, code = 0) => askMachine(fakeDocker(() => ({ stdout, code })));

describe("the engine's machine", () => {
  it("is what the engine says of it", async () => {
    expect(await asked('[25278894080,["name=seccomp,profile=builtin"]]')).toEqual({
      memory: 25278894080,
      mapsUsers: false,
    });
    expect(await asked("[1,null]")).toEqual({ memory: 1, mapsUsers: false });
  });

  it.each(["name=rootless", "name=userns"])("has other user numbers with %s", async (option) => {
    const said = await asked(`[1,["name=seccomp","${option}"]]`);
    expect(said?.mapsUsers).toBe(true);
  });

  it.each(["", "[0,[]]", "[,]", "no"])("is unknown where it says %j", async (said) => {
    expect(await asked(said)).toBeUndefined();
  });

  it("is unknown where it does not answer", async () => {
    expect(await asked("[1,[]]", 1)).toBeUndefined();
  });
});
