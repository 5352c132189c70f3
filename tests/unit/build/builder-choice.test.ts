import { expect, it } from "vitest";
import { chooseBuilder, ownBuilder } from "../../../src/build/builder-choice.ts";
import { fakeDocker } from "../fakes.ts";

const own = ownBuilder("default");

it("the engine's own is called as the context is", () => {
  expect(ownBuilder("far")).toEqual({ name: "far", seesEngine: true });
});

it.each([undefined, "default"])("%s is the engine's own, and nobody is asked", async (name) => {
  const docker = fakeDocker(() => ({ code: 0 }));
  const warnings: string[] = [];
  expect(await chooseBuilder(docker, name, own, (text) => warnings.push(text))).toBe(own);
  expect(docker.calls).toEqual([]);
  expect(warnings).toEqual([]);
});

it("another one that is there is taken, and does not see the engine's images", async () => {
  const docker = fakeDocker(() => ({ code: 0, stdout: "Name: far\nDriver: remote" }));
  const warnings: string[] = [];
  const choice = await chooseBuilder(docker, "far", own, (text) => warnings.push(text));
  expect(choice).toEqual({ name: "far", seesEngine: false });
  expect(docker.calls).toEqual([["buildx", "inspect", "far"]]);
  expect(warnings).toEqual([]);
});

it("a missing one is one warning with its name and buildx's own reason", async () => {
  const stderr = 'a hint\nERROR: no builder "gone" found';
  const docker = fakeDocker(() => ({ code: 1, stderr }));
  const warnings: string[] = [];
  expect(await chooseBuilder(docker, "gone", own, (text) => warnings.push(text))).toBe(own);
  expect(warnings).toEqual([expect.stringContaining('(ERROR: no builder "gone" found)')]);
  expect(warnings[0]).toMatch(/^the builder gone .* the engine's own builder is used instead$/);
});

it.each([undefined, "default", "far"])("of a context, %s is its engine's own", async (name) => {
  const docker = fakeDocker(() => ({ code: 0 }));
  const far = ownBuilder("far");
  expect(await chooseBuilder(docker, name, far, () => {})).toBe(far);
  expect(docker.calls).toEqual([]);
});
