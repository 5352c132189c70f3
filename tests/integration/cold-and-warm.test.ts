import { beforeAll, expect, test } from "vitest";
import { type DockerLog, dockerLog } from "../harness/docker-log.ts";
import { act, layer, printed, salt, warnings } from "./support/act.ts";
import { removeLayers } from "./support/images.ts";

// One environment with both layers: cold, then warm, then with only the lower layer left.
const inputs = {
  "headless-desktop": "optional",
  "desktop-install-script": "echo installing; echo desktop >/opt/desktop",
  "cached-preflight": "echo preparing; echo env >/opt/env",
  "cache-desktop-build": "true",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo task: $(cat /opt/desktop) $(cat /opt/env)",
};
let docker: DockerLog;
let cold: Awaited<ReturnType<typeof act>>;

beforeAll(async () => {
  docker = await dockerLog();
  cold = await act(inputs, { env: docker.env });
});

test("cold: builds what is missing, bottom up, and starts from it", async () => {
  const builds = await docker.beginningWith("buildx", "build");
  expect(builds.map((argv) => argv[argv.indexOf("--tag") + 1])).toEqual([
    layer(cold, "desktop").reference,
    layer(cold, "env").reference,
  ]);
  expect(printed(cold)).toEqual(["task: desktop env"]);
  expect(cold.outputs).toMatchObject({
    "image-source": "built",
    "cache-hit": "false",
    "desktop-key": layer(cold, "desktop").key,
    "env-key": layer(cold, "env").key,
    image: layer(cold, "env").digest,
    "exit-code": "0",
  });
  expect(cold.layers.map(({ name, source }) => [name, source])).toEqual([
    ["desktop", "built"],
    ["env", "built"],
  ]);
  // What was installed in the build is not installed again, and its output is the build's.
  expect(cold.transcript).not.toContain("preparing");
  expect(cold.stdout).toContain("preparing");
});

test("builds with the engine's own builder, and without attestations", async () => {
  const builds = await docker.beginningWith("buildx", "build");
  expect(builds).toHaveLength(2);
  for (const argv of builds) {
    expect(argv.slice(2, 4)).toEqual(["--builder", "default"]);
    expect(argv).toContain("--provenance=false");
    expect(argv).toContain("--sbom=false");
  }
});

test("warm: starts from the env image without a build and without looking the desktop up", async () => {
  await docker.forget();
  const warm = await act(inputs, { env: docker.env });
  expect(printed(warm)).toEqual(["task: desktop env"]);
  expect(warm.outputs).toMatchObject({
    "image-source": "local",
    "cache-hit": "true",
    image: cold.outputs.image,
    "env-key": cold.outputs["env-key"],
  });
  const commands = await docker.commands();
  const words = commands.map((argv) => argv.join(" "));
  expect(words.filter((line) => line.startsWith("buildx"))).toEqual([]);
  expect(words.filter((line) => line.startsWith("pull"))).toEqual([]);
  expect(words.filter((line) => line.includes("agent-runner-desktop"))).toEqual([]);
  // One look at the base, one at the env image, one container.
  expect(words.filter((line) => line.startsWith("image "))).toHaveLength(2);
  expect(words.filter((line) => line.startsWith("create "))).toHaveLength(1);
  expect(words.filter((line) => line.startsWith("start "))).toHaveLength(1);
  expect(warnings(warm)).toEqual([]);
});

test("a hit still names the key of the layer below", async () => {
  const warm = await act(inputs);
  expect(cold.outputs["desktop-key"]).toMatch(/^bookworm(?:-[0-9a-f]{16}){4}$/);
  expect(warm.outputs["desktop-key"]).toBe(cold.outputs["desktop-key"]);
});

test("with only the desktop left, the env layer alone is built, on it", async () => {
  await removeLayers([layer(cold, "env").key]);
  await docker.forget();
  const half = await act(inputs, { env: docker.env });
  expect(printed(half)).toEqual(["task: desktop env"]);
  expect(half.layers.map(({ name, source }) => [name, source])).toEqual([
    ["desktop", "local"],
    ["env", "built"],
  ]);
  expect(await docker.beginningWith("buildx", "build")).toHaveLength(1);
  expect(half.outputs["image-source"]).toBe("built");
});

test("a change in the preflight is a miss that says so, and keeps the desktop", async () => {
  const changed = await act({ ...inputs, "cached-preflight": "echo env >/opt/env; true" });
  expect(layer(changed, "desktop")).toMatchObject({ source: "local" });
  expect(layer(changed, "env")).toMatchObject({ source: "built" });
  expect(layer(changed, "env").why).toContain("the cached preflight changed");
  expect(changed.stdout).toMatch(/^environment image: not found \(.*the cached preflight changed/m);
});
