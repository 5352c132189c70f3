import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { type BuildKitProxy, startBuildKitProxy } from "../../harness/buildkit-proxy.ts";
import { dockerLog } from "../../harness/docker-log.ts";
import { act, layer, messages, printed, salt } from "../support/act.ts";
import { type DockerUser, dockerUser } from "../support/docker-user.ts";
import { useEngine } from "../support/engines.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { publishBase, registryApi, sharing } from "../support/sharing.ts";

// Builders that are slow, gone or dead. Each of these waits for something, so they wait together.
const registry = useRegistry();
const far = useEngine({ containerd: true });
const unique = randomBytes(4).toString("hex");
const [slow, dead] = [`agent-runner-test-slow-${unique}`, `agent-runner-test-dead-${unique}`];
const proxies: BuildKitProxy[] = [];
let user: DockerUser;
const inputs = (builder: string, more: Record<string, string> = {}) =>
  sharing(registry(), { builder, "cache-version": salt(), push: "never", ...more });

beforeAll(async () => {
  await publishBase(registry());
  user = await dockerUser();
  for (const [name, host] of [
    [slow, far().host],
    [dead, "unix:///nonexistent/docker.sock"],
  ] as const) {
    const proxy = await startBuildKitProxy(host);
    proxies.push(proxy);
    const create = ["buildx", "create", "--driver", "remote", "--name", name, proxy.endpoint];
    await run("docker", create, { env: user.env });
  }
});
afterAll(() => Promise.all(proxies.map((proxy) => proxy.stop())));

test.concurrent("prebuild: a build that takes longer than registries may at a cold start", async () => {
  const more = { mode: "prebuild", push: "always", "cached-preflight": "sleep 32; echo >/env" };
  const built = await act(inputs(slow, more), { env: user.env });
  expect(messages(built, "error")).toEqual([]);
  expect(layer(built, "env")).toMatchObject({ source: "built", pushed: true });
});

test.concurrent.each(["run", "prebuild"])(
  "%s: a builder that does not exist costs one warning",
  async (mode) => {
    const docker = await dockerLog();
    const env = { ...docker.env, ...user.env };
    const result = await act(inputs("no-such-builder", { mode, push: "always" }), { env });
    expect(result.exitCode).toBe(0);
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(
        /^the builder no-such-builder .* the engine's own builder is used instead$/,
      ),
    ]);
    const [build = [], ...more] = await docker.beginningWith("buildx", "build");
    expect(build.slice(2, 4)).toEqual(["--builder", "default"]);
    expect(more).toEqual([]);
    const { key } = layer(result, "env");
    const there = await registryApi(registry()).digestOf("demo/agent-runner-env", key);
    expect(there).toMatch(/^sha256:/);
    await nothingLeft(result);
  },
);

test.concurrent("a builder that does not answer costs a warning, and the task starts", async () => {
  const result = await act(inputs(dead, { "build-timeout": "0.5" }), { env: user.env });
  expect(result.exitCode).toBe(0);
  expect(printed(result)).toHaveLength(1);
  expect(messages(result, "warning")).toHaveLength(1);
  expect(proxies[1]?.connections()).toBeGreaterThan(0);
  await nothingLeft(result);
});
