import { expect, it } from "vitest";
import { chooseBuilder, ownBuilder } from "../../../src/build/builder-choice.ts";
import { podman } from "../../../src/engine/program.ts";
import { fakeDocker } from "../fakes.ts";

it.each([
  [undefined, "default"],
  ["default", "default"],
  [undefined, "remote"],
  ["default", "remote"],
  ["remote", "remote"],
])("%s is the engine's own in the context %s, and nobody is asked", async (name, context) => {
  const docker = fakeDocker(() => ({ code: 0 }));
  const warnings: string[] = [];
  expect(await chooseBuilder(docker, name, context, (text) => warnings.push(text))).toEqual({
    name: context,
    seesEngine: true,
  });
  expect(docker.calls).toEqual([]);
  expect(warnings).toEqual([]);
});

it("another one that is there is taken, and does not see the engine's images", async () => {
  const docker = fakeDocker(() => ({ code: 0, stdout: "Name: far\nDriver: remote" }));
  const warnings: string[] = [];
  const choice = await chooseBuilder(docker, "far", "default", (text) => warnings.push(text));
  expect(choice).toEqual({ name: "far", seesEngine: false });
  expect(docker.calls).toEqual([["buildx", "inspect", "far"]]);
  expect(warnings).toEqual([]);
});

it("a missing one is one warning with its name and buildx's own reason", async () => {
  const stderr = 'a hint\nERROR: no builder "gone" found';
  const docker = fakeDocker(() => ({ code: 1, stderr }));
  const warnings: string[] = [];
  expect(await chooseBuilder(docker, "gone", "remote", (text) => warnings.push(text))).toEqual(
    ownBuilder("remote"),
  );
  expect(warnings).toEqual([expect.stringContaining('(ERROR: no builder "gone" found)')]);
  expect(warnings[0]).toMatch(/^the builder gone .* the engine's own builder is used instead$/);
});

it("podman has none beside itself, and says so without asking", async () => {
  const docker = Object.assign(
    fakeDocker(() => undefined),
    { program: podman },
  );
  const warnings: string[] = [];
  const choice = await chooseBuilder(docker, "far", "default", (text) => warnings.push(text));
  expect(choice).toEqual(ownBuilder("default"));
  expect(docker.calls).toEqual([]);
  expect(warnings).toEqual([
    "the builder far is not used: podman has no BuildKit, and builds by itself",
  ]);
});
