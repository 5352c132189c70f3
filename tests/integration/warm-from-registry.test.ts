import { beforeAll, expect, test } from "vitest";
import { type DockerLog, dockerLog } from "../harness/docker-log.ts";
import { act, layer, printed, type Ran, salt, warnings } from "./support/act.ts";
import { removeLayers, SMALL_BASE_IMAGE } from "./support/images.ts";
import { ours, useRegistry } from "./support/registries.ts";

const registry = useRegistry();
const common = {
  "base-image": SMALL_BASE_IMAGE,
  "headless-desktop": "optional",
  "desktop-install-script": "echo desktop >/desktop",
  "cached-preflight": "echo env >/env",
  "cache-desktop-build": "true",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo task: $(cat /desktop /env)",
};
const inputs = () => ({ ...common, registry: `${registry().address}/Octo-Org/Demo` });
const keysOf = (result: Ran) => ["env", "desktop"].map((name) => layer(result, name).key);
let docker: DockerLog;
let published: Ran;

beforeAll(async () => {
  docker = await dockerLog();
  published = await act({ ...inputs(), push: "always" }, { env: docker.env });
});

test("`push: always` publishes every layer that was built, under its key", async () => {
  expect(published.layers.map(({ name, source, pushed }) => [name, source, pushed])).toEqual([
    ["desktop", "built", true],
    ["env", "built", true],
  ]);
  for (const { name, key } of published.layers) {
    // A registry's names are in small letters, whatever the repository is called.
    const path = `octo-org/demo/agent-runner-${name}/manifests/${key}`;
    const answer = await fetch(`http://${registry().direct}/v2/${path}`, {
      headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
    });
    expect(answer.status).toBe(200);
  }
  expect(published.outputs).toMatchObject({ "image-source": "built", "cache-hit": "false" });
  expect(warnings(published)).toEqual([]);
});

test("warm after `docker rmi`: one resolution, one pull, one container, the desktop never asked for", async () => {
  await removeLayers(keysOf(published));
  await docker.forget();
  registry().requests.length = 0;
  const warm = await act(inputs(), { env: docker.env });
  expect(printed(warm)).toEqual(["task: desktop env"]);
  expect(warm.outputs).toMatchObject({ "image-source": "registry", "cache-hit": "true" });
  expect(ours(registry()).map(({ method, path }) => [method, path.split("/").at(-2)])).toEqual([
    ["GET", "manifests"],
    ["GET", "blobs"],
  ]);
  expect(registry().requests.filter(({ path }) => path.includes("agent-runner-desktop"))).toEqual(
    [],
  );
  expect(await docker.beginningWith("pull")).toEqual([
    ["pull", "--quiet", expect.stringMatching(/octo-org\/demo\/agent-runner-env@sha256:/)],
  ]);
  expect(await docker.beginningWith("create")).toHaveLength(1);
  expect(await docker.beginningWith("buildx")).toEqual([]);
  expect((await docker.commands()).flat().join(" ")).not.toContain("agent-runner-desktop");
});

test("what was pulled is found in the engine next time, and not pulled again", async () => {
  registry().requests.length = 0;
  await docker.forget();
  const again = await act(inputs(), { env: docker.env });
  expect(again.outputs).toMatchObject({ "image-source": "local", "cache-hit": "true" });
  expect(printed(again)).toEqual(["task: desktop env"]);
  expect(await docker.beginningWith("pull")).toEqual([]);
  // At most whether the registry has a newer one.
  expect(registry().requests.length).toBeLessThanOrEqual(1);
});

test("without the env image the desktop comes from the registry, and only env is built", async () => {
  await removeLayers(keysOf(published));
  await docker.forget();
  const changed = { ...inputs(), "cached-preflight": "echo another env >/env" };
  const result = await act(changed, { env: docker.env });
  expect(result.layers.map(({ name, source }) => [name, source])).toEqual([
    ["desktop", "registry"],
    ["env", "built"],
  ]);
  expect(printed(result)).toEqual(["task: desktop another env"]);
  expect(await docker.beginningWith("buildx", "build")).toHaveLength(1);
});

test("with `push: never`, nothing is sent", async () => {
  registry().requests.length = 0;
  const result = await act({ ...inputs(), push: "never", "cache-version": salt() });
  expect(result.layers.map(({ source, pushed }) => [source, pushed])).toEqual([
    ["built", false],
    ["built", false],
  ]);
  expect(registry().requests.length).toBeGreaterThan(0);
  expect(registry().requests.filter(({ method }) => !/GET|HEAD/.test(method))).toEqual([]);
});
