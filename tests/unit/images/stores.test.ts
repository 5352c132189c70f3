import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { localStore } from "../../../src/images/local.ts";
import { pullLimitMs } from "../../../src/images/pulled.ts";
import { registryStore } from "../../../src/images/registry.ts";
import { explainMiss } from "../../../src/images/why-a-miss.ts";
import {
  base,
  ended,
  envContent,
  fakeDocker,
  imageOf,
  inspected,
  layersOf,
  noSuchImage,
  only,
  sha,
} from "../fakes.ts";
import { fakeRegistry, refused } from "../registry/fake-registry.ts";

const layer = only(layersOf(envContent));
const expected = { platform: base.platform, baseDiffIds: base.diffIds };
const good = imageOf(layer);
const inEngine = (labels: Record<string, string> = good.labels) =>
  inspected({
    Id: sha("7"),
    RepoDigests: [`ghcr.io/o/agent-runner-env@${sha("6")}`],
    Config: { Labels: labels },
    RootFS: { Layers: good.diffIds },
    Created: "2026-01-01T00:00:00Z",
  });

describe("the engine as a store", () => {
  const probe = (answer: Partial<Answer>) =>
    localStore(dockerEngine(fakeDocker(() => answer))).probe(layer, expected);

  it("has a hit by its id, to be built on by its name", async () => {
    expect(await probe(inEngine())).toMatchObject({
      hit: true,
      reference: sha("7"),
      parent: { reference: layer.reference, anywhere: false },
      digest: sha("7"),
      digests: [sha("7"), sha("6")],
      created: Date.UTC(2026, 0, 1) / 1000,
    });
  });

  it("says nothing of what is simply not there", async () => {
    expect(await probe(noSuchImage)).toMatchObject({ hit: false, trouble: false });
  });

  it("warns of an image whose labels lie, by the component", async () => {
    const found = await probe(
      inEngine({ ...layer.labels, "io.agent-runner.component.preflight": "0".repeat(64) }),
    );
    expect(found).toMatchObject({ hit: false, trouble: true });
    expect(found).toHaveProperty("why", expect.stringContaining("preflight"));
  });

  // a store never throws for what it may do: the ladder goes on
  it.each([
    ["a damaged image", { code: 1, stderr: "Error response: content digest not found" }],
    ["an answer that is none", { stdout: "[{}]" }],
  ])("has trouble with %s, and does not end the run", async (_what, answer) => {
    expect(await probe(answer)).toMatchObject({ hit: false, trouble: true });
  });
});

describe("a registry as a store", () => {
  const config = {
    os: "linux",
    architecture: "amd64",
    config: { Labels: good.labels },
    rootfs: { diff_ids: good.diffIds },
    created: "2026-01-02T00:00:00Z",
  };
  const documents = (of: object = config, manifest: object = {}) => ({
    [`manifests/${layer.key}`]: {
      digest: sha("a"),
      json: { config: { digest: sha("b"), size: 1 }, layers: [], ...manifest },
    },
    [`blobs/${sha("b")}`]: { digest: sha("b"), json: of },
  });
  const name = "ghcr.io/o/n/agent-runner-env";

  function setUp(client = fakeRegistry(documents()), code: number | null = 0, says = "") {
    let logins = 0;
    const docker = fakeDocker(
      () => ({}),
      (_args, { output }) => {
        output?.write(says);
        return ended(code);
      },
    );
    const store = registryStore({
      registry: "ghcr.io/o/n",
      engine: dockerEngine(docker),
      policy: { write: true },
      client,
      login: async () => void logins++,
      limitMs: 1_000,
      signal: new AbortController().signal,
      pauseMs: 10,
    });
    return { store, docker, client, logins: () => logins };
  }

  it("is probed without the docker CLI", async () => {
    const { store, docker, logins } = setUp();
    expect(await store.probe(layer, expected)).toMatchObject({
      hit: true,
      reference: `${name}@${sha("a")}`,
      parent: { reference: `${name}@${sha("a")}`, anywhere: true },
      digest: sha("a"),
      digests: [sha("a"), sha("b")],
    });
    expect(docker.calls).toEqual([]);
    expect(logins()).toBe(0);
  });

  it("is pulled by digest and tagged for the next task", async () => {
    const { store, docker, logins } = setUp();
    expect(await store.restore(layer, expected)).toMatchObject({ hit: true });
    expect(docker.calls).toEqual([
      ["pull", "--quiet", `${name}@${sha("a")}`],
      ["tag", `${name}@${sha("a")}`, layer.reference],
    ]);
    expect(logins()).toBe(1);
  });

  it("pulls nothing that lies", async () => {
    const lie = { ...config, config: { Labels: { ...good.labels, "io.agent-runner.key": "x" } } };
    for (const json of [
      lie,
      { ...config, architecture: "arm64" },
      {},
      { ...config, config: null },
    ]) {
      const { store, docker } = setUp(fakeRegistry(documents(json)));
      expect(await store.restore(layer, expected)).toMatchObject({ hit: false, trouble: true });
      expect(docker.calls).toEqual([]);
    }
  });

  it("takes no index for an image", async () => {
    const index = { [`manifests/${layer.key}`]: { digest: sha("a"), json: { manifests: [] } } };
    const { store } = setUp(fakeRegistry(index));
    expect(await store.restore(layer, expected)).toMatchObject({ hit: false, trouble: true });
  });

  it("says nothing of a 404, and warns of all else", async () => {
    expect(await setUp(refused("absent")).store.probe(layer, expected)).toMatchObject({
      trouble: false,
    });
    for (const kind of ["denied", "unreachable", "invalid"] as const) {
      expect(await setUp(refused(kind)).store.restore(layer, expected)).toMatchObject({
        hit: false,
        trouble: true,
      });
    }
  });

  it("that cannot be pulled from is a miss with the reason", async () => {
    const { store } = setUp(undefined, 1, "layer: filesystem verification failed\n");
    expect(await store.restore(layer, expected)).toMatchObject({
      hit: false,
      trouble: true,
      why: expect.stringContaining("filesystem verification failed"),
    });
  });

  it("may take as long as the bytes need, but not for ever", () => {
    expect(pullLimitMs(0)).toBe(15_000);
    expect(pullLimitMs(200_000_000)).toBe(115_000);
  });

  it("gets nothing that another job has published meanwhile, unless it is a rebuild", async () => {
    const { store, docker } = setUp(undefined, 0, `digest: ${sha("5")} size: 1\n`);
    expect(await store.publish?.(layer, expected, false)).toMatchObject({
      outcome: "already there",
      digest: sha("a"),
    });
    expect(docker.calls).toEqual([]);
    expect(await store.publish?.(layer, expected, true)).toEqual({
      outcome: "sent",
      digest: sha("5"),
      reference: `${name}@${sha("5")}`,
    });
    expect(docker.calls).toEqual([
      ["tag", layer.reference, `${name}:${layer.key}`],
      ["push", `${name}:${layer.key}`],
    ]);
  });

  it.each([
    ["denied: permission_denied: write_package", "denied"],
    ["unauthorized: authentication required", "denied"],
    ["received unexpected HTTP status: 502 Bad Gateway", "failed"],
  ])("that answers %j to a push: %s", async (says, outcome) => {
    const { store } = setUp(refused("absent"), 1, says);
    expect(await store.publish?.(layer, expected, false)).toMatchObject({ outcome });
  });
});

describe("why it was a miss", () => {
  const older = {
    ...layer.labels,
    "io.agent-runner.key": "old",
    "io.agent-runner.component.preflight": "0",
  };
  const ask = (listed: Partial<Answer>, labels: Partial<Answer>) =>
    explainMiss(
      dockerEngine(fakeDocker(([, command]) => (command === "ls" ? listed : labels))),
      layer,
    );

  it("is what changed since the engine's closest older image", async () => {
    const far = { "io.agent-runner.layer": "env", "io.agent-runner.key": "far" };
    const lines = [far, older].map((labels) => JSON.stringify(labels)).join("\n");
    expect(await ask({ stdout: `${sha("1")}\n${sha("2")}\n` }, { stdout: lines })).toBe(
      "the cached preflight changed since old",
    );
  });

  it.each([
    ["no older image", { stdout: "" }, {}],
    ["an engine that does not answer", { code: 1 }, {}],
    ["images that went meanwhile", { stdout: sha("1") }, { code: 1 }],
    ["the same image", { stdout: sha("1") }, { stdout: JSON.stringify(layer.labels) }],
    // a courtesy never ends the run
    ["images without labels", { stdout: sha("1") }, { stdout: "null" }],
    ["an answer that is none", { stdout: sha("1") }, { stdout: "warning: {" }],
  ])("is not known with %s, and that is no failure", async (_what, listed, labels) => {
    expect(await ask(listed, labels)).toBeUndefined();
  });
});
