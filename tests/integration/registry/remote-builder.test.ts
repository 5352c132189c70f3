import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { type BuildKitProxy, startBuildKitProxy } from "../../harness/buildkit-proxy.ts";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { act, layer, messages, printed, salt } from "../support/act.ts";
import { type DockerUser, dockerUser } from "../support/docker-user.ts";
import { useEngine } from "../support/engines.ts";
import { imageId, SMALL_BASE_IMAGE } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import {
  about,
  account,
  publishBase,
  published,
  registryApi,
  sharing,
  uploads,
} from "../support/sharing.ts";

// A BuildKit on another machine: that of a second engine, reached over TCP by buildx's `remote` driver.
const registry = useRegistry();
const far = useEngine({ containerd: true });
const builder = `agent-runner-test-${randomBytes(4).toString("hex")}`;
let buildkit: BuildKitProxy;
let user: DockerUser;
let docker: DockerLog;
const env = () => ({ ...docker.env, ...user.env });
const inputs = (more: Record<string, string>) =>
  sharing(registry(), { builder, "cache-version": salt(), push: "never", ...more });
/** The builder of each build, in order. */
const builders = async () =>
  (await docker.beginningWith("buildx", "build")).map(
    (argv) => argv[argv.indexOf("--builder") + 1],
  );

beforeAll(async () => {
  await publishBase(registry());
  buildkit = await startBuildKitProxy(far().host);
  user = await dockerUser();
  docker = await dockerLog();
  const create = ["buildx", "create", "--driver", "remote", "--name", builder, buildkit.endpoint];
  await run("docker", create, { env: user.env });
});
afterAll(() => buildkit?.stop());

async function fresh() {
  await docker.forget();
  registry().requests.length = 0;
}

test("run: it builds, and the image is loaded for the task", async () => {
  await fresh();
  const before = buildkit.connections();
  const result = await act(inputs({}), { env: env() });
  expect(buildkit.connections()).toBeGreaterThan(before);
  expect(await builders()).toEqual([builder]);
  expect(result.outputs).toMatchObject({ "image-source": "built", conclusion: "success" });
  expect(printed(result)).toEqual([expect.stringMatching(/^task: [0-9a-f-]{36}$/)]);
  expect(await imageId(layer(result, "env").reference)).toBe(result.outputs.image);
  expect(messages(result, "warning")).toEqual([]);
  await nothingLeft(result);
});

test("the same with a login of the step's own: the user's builders are still there", async () => {
  await fresh();
  const login = { "registry-username": account.username, "registry-password": account.password };
  const result = await act(inputs(login), { env: env() });
  expect(await builders()).toEqual([builder]);
  expect(printed(result)).toHaveLength(1);
  await nothingLeft(result, { account });
});

test("prebuild: it is pushed from there, both layers, and never passes through the runner", async () => {
  await fresh();
  const desktop = {
    "headless-desktop": "true",
    "desktop-install-script": "echo desktop >/desktop",
    "cache-desktop-build": "true",
  };
  const built = await act(inputs({ ...desktop, mode: "prebuild", push: "always" }), { env: env() });
  expect(messages(built, "error")).toEqual([]);
  expect(built.exitCode).toBe(0);
  expect(await builders()).toEqual([builder, builder]);
  expect(await docker.beginningWith("push")).toEqual([]);
  expect(await docker.beginningWith("pull")).toEqual([]);
  for (const { name, key, reference } of built.layers) {
    const there = await registryApi(registry()).digestOf(`demo/agent-runner-${name}`, key);
    expect(there).toMatch(/^sha256:/);
    expect(layer(built, name)).toMatchObject({ source: "built", pushed: true, digest: there });
    expect(published(built, name)).toBe(there);
    expect(await imageId(reference)).toBeUndefined();
  }
  const { digest } = layer(built, "env");
  const image = `${registry().address}/demo/agent-runner-env@${digest}`;
  expect(built.outputs).toMatchObject({ image, "image-source": "built", "cache-hit": "false" });
  const senders = about(registry(), "env").filter(({ method }) => method === "PUT");
  expect(senders.length).toBeGreaterThan(0);
  expect(senders.filter(({ userAgent }) => !userAgent.startsWith("buildkit/"))).toEqual([]);
  expect(new Set(uploads(registry())).size).toBe(uploads(registry()).length);
  await nothingLeft(built);
});

test("an env layer on a desktop that only this engine has is built here, with a notice", async () => {
  await fresh();
  const desktop = {
    "headless-desktop": "optional",
    "desktop-install-script": "echo desktop >/desktop",
    "cache-desktop-build": "true",
    command: "echo task: $(cat /desktop)",
  };
  const result = await act(inputs(desktop), { env: env() });
  expect(await builders()).toEqual([builder, "default"]);
  expect(printed(result)).toEqual(["task: desktop"]);
  expect(messages(result, "notice")).toEqual([
    expect.stringMatching(
      `^the environment image is built by the engine's own builder: ${builder} cannot see`,
    ),
  ]);
  // nothing but the desktop, whose install script here installs none
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the desktop did not start/),
  ]);
});

test("so is every layer on a base image that only this engine has", async () => {
  await fresh();
  const local = { "base-image": SMALL_BASE_IMAGE, pull: "never" };
  const result = await act(inputs(local), { env: env() });
  expect(await builders()).toEqual(["default"]);
  expect(printed(result)).toHaveLength(1);
  expect(messages(result, "notice")).toHaveLength(1);
});
