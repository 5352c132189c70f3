import { expect, test } from "vitest";
import { act, layer, messages, printed, type Ran, salt } from "./support/act.ts";
import { labelsOf } from "./support/by-hand.ts";
import { buildImage, imageId, pushAs, removeImages, SMALL_BASE_IMAGE } from "./support/images.ts";
import { useRegistry } from "./support/registries.ts";

// An image that is what the plan says, and that no container begins from: the run goes one rung down.

const registry = useRegistry();
const settings = (more: Record<string, string> = {}) => ({
  "base-image": SMALL_BASE_IMAGE,
  "cached-preflight": "echo env >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo task: $(cat /env)",
  ...more,
});

/** Builds the image of a layer, with something wrong. */
async function build(name: string, plan: Ran, wrong: readonly string[], of = "env") {
  const flags = Object.entries(labelsOf(layer(plan, of))).flatMap(([key, value]) => [
    "--label",
    `${key}=${value}`,
  ]);
  await buildImage(name, [`FROM ${SMALL_BASE_IMAGE}`, "RUN echo env >/env", ...wrong], flags);
}

// an ELF file of a machine that nobody has
const foreign = [
  "RUN printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\377\\0' >/bin/bash",
];
const noShell = ["RUN rm /bin/bash"];
const noUser = ["USER nobody-knows"];

test.each<[string, string[], RegExp]>([
  [
    "has no bash any more",
    noShell,
    /the environment image from the engine cannot be started: .*bash/,
  ],
  ["is for another machine", foreign, /cannot be started: .*exec format error/],
  ["has a user that is not in it", noUser, /cannot be started: .*nobody-knows/],
])("an image of this engine that %s is built anew", async (_, wrong, warning) => {
  const inputs = settings();
  const plan = await act({ ...inputs, mode: "plan" });
  const { reference } = layer(plan, "env");
  await build(reference, plan, wrong);
  const bad = await imageId(reference);
  const result = await act(inputs);
  expect(messages(result, "warning")).toEqual([expect.stringMatching(warning)]);
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env").source).toBe("built");
  expect(result.outputs).toMatchObject({ conclusion: "success", "exit-code": "0" });
  expect(await imageId(reference)).not.toBe(bad);
});

test("so is one in which something was to be installed first", async () => {
  const inputs = settings({
    "headless-desktop": "optional",
    "desktop-install-script": "echo desktop >/desktop",
    "cache-desktop-build": "true",
    "cache-container-build": "false",
    command: "echo task: $(cat /desktop /env)",
  });
  const plan = await act({ ...inputs, mode: "plan" });
  await build(layer(plan, "desktop").reference, plan, noShell, "desktop");
  const result = await act(inputs);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/the desktop image from the engine cannot be started/),
    // there is nothing in it but a file
    expect.stringMatching(/^the desktop did not start/),
  ]);
  expect(printed(result)).toEqual(["task: desktop env"]);
  expect(layer(result, "desktop").source).toBe("built");
  expect(result.outputs.conclusion).toBe("success");
});

test("an image of the registry is built anew and replaced there; the next run has no word of it", async () => {
  const inputs = settings({ registry: `${registry().address}/team`, push: "always" });
  const plan = await act({ ...inputs, mode: "plan" });
  const { reference } = layer(plan, "env");
  await build(reference, plan, noShell);
  await pushAs(reference, `${registry().direct}/team/${reference}`);
  await removeImages([reference]);
  const result = await act(inputs);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/the environment image from the registry cannot be started: .*bash/),
  ]);
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env")).toMatchObject({ source: "built", pushed: true });
  await removeImages([reference]);
  const again = await act(inputs);
  expect(messages(again, "warning")).toEqual([]);
  expect(layer(again, "env").source).toBe("registry");
  expect(printed(again)).toEqual(["task: env"]);
});

test("where it may not be tolerated it ends the run, and says which image", async () => {
  const inputs = settings({ "on-cache-error": "fail" });
  const plan = await act({ ...inputs, mode: "plan" });
  await build(layer(plan, "env").reference, plan, noShell);
  const result = await act(inputs);
  expect(result.exitCode).not.toBe(0);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/environment image from the engine/),
  ]);
});

test("a container that does not begin for another reason leaves the image where it is", async () => {
  const inputs = settings();
  await act(inputs);
  const before = await act({ ...inputs, network: "nobody-has-this-network" });
  expect(before.outputs).toMatchObject({ conclusion: "failure", "image-source": "local" });
  expect(messages(before, "warning")).toEqual([]);
  const after = await act(inputs);
  expect(layer(after, "env").source).toBe("local");
});
