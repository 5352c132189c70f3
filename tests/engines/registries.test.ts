import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { DaemonOptions } from "../../scripts/engine-daemon.ts";
import { run as shell } from "../../scripts/shell.ts";
import { startBuildKitProxy } from "../harness/buildkit-proxy.ts";
import { act, layer, messages, printed, type Ran, salt } from "../integration/support/act.ts";
import { bridgeAddress } from "../integration/support/bare-image.ts";
import { dockerUser } from "../integration/support/docker-user.ts";
import { pushAs, SMALL_BASE_IMAGE } from "../integration/support/images.ts";
import { type OwnEngine, ownEngine } from "../integration/support/own-engine.ts";
import { useRegistry } from "../integration/support/registries.ts";
import { authority } from "./support/certificates.ts";
import { type Front, startFront } from "./support/front.ts";

// What an engine was told of registries, the action knows as well. The registry is asked by a name that is not taken for
// loopback, at the address of the engine's bridge.

const registry = useRegistry();
/** One that knows nothing. */
const empty = useRegistry();
const name = "registry.agent-runner.test";
const dist = join(import.meta.dirname, "support/in-mounts.ts");
let bridge: string;

beforeAll(async () => {
  bridge = await bridgeAddress();
  await pushAs(SMALL_BASE_IMAGE, `${registry().address}/library/agent-runner-test:1`);
});

/** An engine that knows the name, and what else it is told. */
async function engineWith(
  kind: Omit<DaemonOptions, "dir" | "name">,
  files: Record<string, string> = {},
  hosts: string[] = [],
): Promise<OwnEngine> {
  const etc = { files, hosts: [`${bridge} ${name}`, ...hosts] };
  const engine = await ownEngine({ kind, etc });
  onTestFinished(() => engine.end());
  return engine;
}

async function front(...options: Parameters<typeof startFront>): Promise<Front> {
  const started = await startFront(...options);
  onTestFinished(() => started.stop());
  return started;
}

async function pki() {
  const made = await authority();
  onTestFinished(() => made.end());
  return made;
}

type Inputs = Record<string, string>;

interface How {
  /** The runner knows nothing of what the engine does: neither the name nor its certificates. */
  elsewhere?: boolean;
  env?: Record<string, string>;
}

function run(engine: OwnEngine, inputs: Inputs, { elsewhere, env }: How = {}): Promise<Ran> {
  const all = { pull: "always", command: "echo task: $(cat /env)", ...inputs };
  return act(all, {
    env: { ...engine.env, ...env, MOUNTS_OF: `${engine.pid()}` },
    ...(!elsewhere && { dist }),
  });
}

const cached = () => ({
  "cached-preflight": "cat /proc/sys/kernel/random/uuid >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
});

/** Built and pushed; then the same from the registry into an engine that has nothing any more. */
async function coldAndWarm(engine: OwnEngine, host: string, how: How = {}): Promise<void> {
  const inputs = {
    "base-image": `${host}/library/agent-runner-test:1`,
    registry: `${host}/demo`,
    push: "always",
    ...cached(),
  };
  const cold = await run(engine, inputs, how);
  expect(layer(cold, "env"), cold.stdout).toMatchObject({ source: "built", pushed: true });
  expect(messages(cold, "warning")).toEqual([]);
  await engine.docker("system", "prune", "--all", "--force");
  const warm = await run(engine, inputs, how);
  expect(warm.outputs, warm.stdout).toMatchObject({
    conclusion: "success",
    "image-source": "registry",
    "cache-hit": "true",
  });
  expect(printed(warm)).toEqual(printed(cold));
  expect(messages(warm, "warning")).toEqual([]);
}

describe.each([false, true])("a registry, with containerd's image store: %s", (store) => {
  const containerdSnapshotter = store;

  test.each([
    ["its name", (port: number) => `${name}:${port}`],
    ["its network", () => `${bridge}/32`],
  ])("in plain HTTP, that is insecure by %s", async (_what, insecure) => {
    const { port } = await front(registry().address, bridge);
    const insecureRegistries = [insecure(port)];
    const engine = await engineWith({ containerdSnapshotter, insecureRegistries });
    await coldAndWarm(engine, `${name}:${port}`);
  });

  test("by TLS, that is insecure: nobody vouches for it", async () => {
    const pair = await (await pki()).server("another.test");
    const { port } = await front(registry().address, bridge, pair);
    const insecureRegistries = [`${name}:${port}`];
    const engine = await engineWith({ containerdSnapshotter, insecureRegistries });
    await coldAndWarm(engine, `${name}:${port}`);
  });

  test("by TLS, with an authority in `certs.d`", async () => {
    const { ca, server } = await pki();
    const { port } = await front(registry().address, bridge, await server(name));
    const host = `${name}:${port}`;
    const files = { [`docker/certs.d/${host}/ca.crt`]: ca };
    await coldAndWarm(await engineWith({ containerdSnapshotter }, files), host);
  });

  test("by TLS, that wants a certificate of who comes", async () => {
    const { ca, server, client } = await pki();
    const mutual = { ...(await server(name)), ca, requestCert: true, rejectUnauthorized: true };
    const { port } = await front(registry().address, bridge, mutual);
    const host = `${name}:${port}`;
    const { cert, key } = await client();
    const folder = `docker/certs.d/${host}`;
    const files = {
      [`${folder}/ca.crt`]: ca,
      [`${folder}/client.cert`]: cert,
      [`${folder}/client.key`]: key,
    };
    await coldAndWarm(await engineWith({ containerdSnapshotter }, files), host);
  });
});

test.each([false, true])(
  "a registry that only the engine gets to, with containerd's image store: %s",
  async (containerdSnapshotter) => {
    const { ca, server } = await pki();
    const { port } = await front(registry().address, bridge, await server(name));
    const host = `${name}:${port}`;
    const files = { [`docker/certs.d/${host}/ca.crt`]: ca };
    const engine = await engineWith({ containerdSnapshotter }, files);
    await coldAndWarm(engine, host, { elsewhere: true });
  },
);

test("a registry that is another host by containerd's `hosts.toml`", async () => {
  const { port } = await front(registry().address, bridge);
  const host = "nowhere.agent-runner.test";
  const toml = `[host."http://${bridge}:${port}"]\n  capabilities = ["pull", "resolve", "push"]\n`;
  const files = { [`docker/certs.d/${host}/hosts.toml`]: toml };
  await coldAndWarm(await engineWith({ containerdSnapshotter: true }, files), host);
});

test("a builder elsewhere knows nothing of the engine's registries: its own builds", async () => {
  const { port } = await front(registry().address, bridge);
  const host = `${name}:${port}`;
  const engine = await engineWith({ insecureRegistries: [host] });
  const far = await engineWith({ containerdSnapshotter: true });
  const buildkit = await startBuildKitProxy(far.env.DOCKER_HOST);
  onTestFinished(() => buildkit.stop());
  const user = await dockerUser();
  const builder = "agent-runner-test-far";
  const create = ["buildx", "create", "--driver", "remote", "--name", builder, buildkit.endpoint];
  await shell("docker", create, { env: user.env });
  const inputs = { "base-image": `${host}/library/agent-runner-test:1`, builder, ...cached() };
  const cold = await run(engine, inputs, { env: user.env });
  expect(layer(cold, "env"), cold.stdout).toMatchObject({ source: "built" });
  expect(messages(cold, "warning")).toEqual([]);
  expect(messages(cold, "notice")).toEqual([expect.stringMatching(/engine's own builder/)]);
});

describe("a mirror of Docker Hub", () => {
  const hub = (tag = "1") => `docker.io/library/agent-runner-test:${tag}`;
  /** What the same image has for a key when its own registry is asked. */
  const baseDigest = () => digestOf(`${registry().address}/library/agent-runner-test:1`);

  /** A base that is built on and pushed nowhere. */
  const builds = async (engine: OwnEngine, how?: How) => {
    const cold = await run(engine, { "base-image": hub(), ...cached() }, how);
    expect(layer(cold, "env"), cold.stdout).toMatchObject({ source: "built" });
    expect(messages(cold, "warning")).toEqual([]);
    expect(cold.outputs["base-digest"]).toBe(await baseDigest());
  };

  test.each([false, true])("has the base, containerd's image store: %s", async (store) => {
    const { port } = await front(registry().address, bridge);
    const mirrors = [`http://${bridge}:${port}/`];
    const insecureRegistries = [`${bridge}:${port}`];
    const kind = { containerdSnapshotter: store, mirrors, insecureRegistries };
    await builds(await engineWith(kind));
  });

  test("is asked after one that is down, by TLS, with its authority in `certs.d`", async () => {
    const { ca, server } = await pki();
    const { port } = await front(registry().address, bridge, await server(name));
    const mirrors = [`https://${name}:1/`, `https://${name}:${port}`];
    const files = { [`docker/certs.d/${name}:${port}/ca.crt`]: ca };
    await builds(await engineWith({ mirrors }, files));
  });

  test("has what Docker Hub itself does not know", async () => {
    const { ca, server } = await pki();
    const hubs = await front(empty().address, bridge, await server("registry-1.docker.io"), 443);
    const { port } = await front(registry().address, bridge);
    const mirrors = [`http://${bridge}:${port}/`];
    const insecureRegistries = [`${bridge}:${port}`];
    const files = { "docker/certs.d/registry-1.docker.io/ca.crt": ca };
    const engine = await engineWith({ mirrors, insecureRegistries }, files, [
      `${bridge} registry-1.docker.io`,
    ]);
    empty().requests.length = 0;
    await builds(engine);
    expect(hubs.port).toBe(443);
    expect(empty().requests.map(({ status }) => status)).toContain(404);
  });

  test("that only the engine gets to has the base all the same", async () => {
    const { port } = await front(registry().address, bridge);
    const host = `${name}:${port}`;
    const engine = await engineWith({ mirrors: [`http://${host}/`], insecureRegistries: [host] });
    await builds(engine, { elsewhere: true });
  });
});

/** What keys of an image in a registry are made of. */
async function digestOf(reference: string): Promise<string | undefined> {
  const plan = await act({ "base-image": reference, pull: "always", mode: "plan" });
  return plan.outputs["base-digest"];
}
