import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASE_IMAGE } from "../harness/base-image.ts";
import { startAction } from "../harness/runner.ts";
import { useCacheService } from "../integration/actions-cache/support.ts";
import { act, layer, messages, printed, ran, salt, withBase } from "../integration/support/act.ts";
import { processesWith, someSeconds } from "../integration/support/processes.ts";
import { useRegistry } from "../integration/support/registries.ts";
import { account, published } from "../integration/support/sharing.ts";
import { foreignIn, runnersWorkspace } from "../integration/support/task-users.ts";
import { type PodmanEngine, podmanEngine } from "./support/podman.ts";
import { walkThrough } from "./support/walk.ts";

// The rows of docs/engines.md that are podman's.

// by its socket, podman 4.3 logs in at no registry without TLS
const registries = { env: useRegistry({ htpasswd: account }), socket: useRegistry() };
const logins = {
  env: { "registry-username": account.username, "registry-password": account.password },
  socket: {},
};
const cache = useCacheService();
let engine: PodmanEngine;
/** A base image with a user of its own. */
const own = "agent-runner-test-own-user:1";

beforeAll(async () => {
  engine = await podmanEngine([registries.env().address, registries.socket().address]);
  const { stdout } = await engine.podman("version", "--format", "{{.Client.Version}}");
  expect(stdout).toMatch(/^4\.3\./);
  await engine.build(own, [`FROM ${BASE_IMAGE}`, "RUN useradd --uid 4321 agent", "USER agent"]);
});
afterAll(() => engine?.end());

describe.each<["env" | "socket"]>([["env"], ["socket"]])("podman by its %s", (way) => {
  const env = (): Record<string, string> => engine[way];
  const layerInputs = (script: string, more: Record<string, string> = {}) => ({
    "cached-preflight": script,
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /env)",
    ...more,
  });
  const forget = async (key: string) => {
    const list = ["image", "ls", "--quiet", "--no-trunc", "--filter"];
    const ids = (await engine.podman(...list, `label=io.agent-runner.key=${key}`)).stdout.trim();
    await engine.podman("image", "rm", "--force", ...new Set(ids.split("\n")));
  };

  test("is walked through", () => walkThrough(env(), { ps: engine.podman }));

  test("publishes under the key that Docker has, and what it published is the hit of both", async () => {
    const inputs = layerInputs("echo made once >/env", {
      registry: `${registries[way]().address}/demo`,
      ...logins[way],
    });
    const docker = await act({ ...inputs, mode: "plan" });
    const cold = await act({ ...inputs, push: "always" }, { env: env() });
    expect(messages(cold, "warning")).toEqual([]);
    expect(cold.outputs["env-key"]).toBe(docker.outputs["env-key"]);
    expect(layer(cold, "env")).toMatchObject({ source: "built", pushed: true });
    expect(published(cold, "env")).toMatch(/^sha256:/);
    await forget(layer(cold, "env").key);
    for (const where of [env(), {}]) {
      const warm = await act(inputs, { env: where });
      expect(warm.outputs, warm.stdout).toMatchObject({ "image-source": "registry" });
      expect(printed(warm)).toEqual(["task: made once"]);
      expect(messages(warm, "warning")).toEqual([]);
    }
  });

  test("finds a build in the Actions cache again", async () => {
    const inputs = layerInputs("echo cached >/env");
    const options = () => ({ env: { ...env(), ...cache().env() } });
    const cold = await act(inputs, options());
    expect(layer(cold, "env"), cold.stdout).toMatchObject({ source: "built", saved: true });
    await forget(layer(cold, "env").key);
    const warm = await act(inputs, options());
    expect(warm.outputs, warm.stdout).toMatchObject({ "image-source": "actions-cache" });
    expect(printed(warm)).toEqual(["task: cached"]);
    for (const result of [cold, warm]) expect(messages(result, "warning")).toEqual([]);
  });

  test("gives build secrets to a build where its builder takes some, and else to the installation", async () => {
    const secret = "s3cret-of-a-build";
    const inputs = layerInputs("sha256sum </run/secrets/npm >/env", {
      "build-secrets": "npm=NPM_TOKEN",
    });
    const result = await act(inputs, { env: { ...env(), NPM_TOKEN: secret } });
    const sum = createHash("sha256").update(secret).digest("hex");
    expect(printed(result)).toEqual([`task: ${sum} -`]);
    expect(result.log).not.toContain(secret);
    if (way === "env") expect(layer(result, "env").source, result.stdout).toBe("built");
    expect(messages(result, "warning").join()).toMatch(
      way === "env" ? /^$/ : /podman's Docker API takes no build secrets; build with podman's own/,
    );
  });

  test("builds and works as an image's own user", async () => {
    const inputs = layerInputs("id -un >/var/tmp/built-by", {
      "base-image": own,
      command: "echo task: $(cat /var/tmp/built-by) $(id -un); echo x >made",
    });
    const workspace = await runnersWorkspace();
    const result = await act(inputs, { env: env(), workspace });
    expect(printed(result), result.stdout).toEqual(["task: agent agent"]);
    expect(layer(result, "env").source).toBe("built");
    expect(await foreignIn(workspace)).toEqual([]);
  });

  test("says which script failed in a build, with its last words, and the task runs it again", async () => {
    const failed = await act(layerInputs("echo some words >&2; exit 3"), { env: env() });
    expect(messages(failed, "warning").join()).toContain(
      "(cached-preflight) failed with exit code 3: some words",
    );
    expect(failed.outputs.conclusion).toBe("failure");
  });

  test("has a changed script run, though it is bound into a step that has not changed", async () => {
    const version = { "cache-version": salt() };
    for (const text of ["one", "two"]) {
      const built = await act(layerInputs(`echo ${text} >/env`, version), { env: env() });
      expect(layer(built, "env").source).toBe("built");
      expect(printed(built)).toEqual([`task: ${text}`]);
    }
  });

  test("ends a build and a task that are cancelled", async () => {
    const seconds = someSeconds();
    const building = layerInputs(`echo building; sleep ${seconds}`);
    const running = { command: `echo building; sleep ${seconds}` };
    // by its socket, a step of a build goes on to its end
    for (const inputs of way === "env" ? [building, running] : [running]) {
      const action = await startAction({ inputs: withBase(inputs), env: env() });
      await action.waitFor(/building$/m);
      expect(await action.cancel()).toEqual(["SIGINT"]);
      const result = await ran(await action.finish());
      expect(result.outputs).toMatchObject({ "exit-code": "130", conclusion: "cancelled" });
      await expect.poll(() => processesWith(`sleep ${seconds}`)).toEqual([]);
      expect(result.orphans).toEqual([]);
    }
  });
});

describe("podman's own command", () => {
  test("has tasks without its first process where there is no catatonit", async () => {
    const env = { ...engine.env, ...engine.withoutInit };
    const result = await act({ command: "echo task: $(</proc/1/comm)" }, { env });
    expect(printed(result), result.stdout).toEqual(["task: bash"]);
  });

  test("has the login that it left itself, and leaves none of ours", async () => {
    const { address } = registries.env();
    const file = await engine.login(address, account);
    const inputs = {
      "cached-preflight": "echo pushed >/env",
      "cache-container-build": "true",
      "cache-version": salt(),
      registry: `${address}/own`,
      push: "always",
      command: "echo task: $(cat /env)",
    };
    const result = await act(inputs, { env: { ...engine.env, REGISTRY_AUTH_FILE: file } });
    expect(layer(result, "env"), result.stdout).toMatchObject({ source: "built", pushed: true });
    expect(messages(result, "warning")).toEqual([]);
  });
});
