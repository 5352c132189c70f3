import { describe, expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { NoEngine } from "../../../src/engine/trouble.ts";
import type { Refusal } from "../../../src/engine/words.ts";
import { resolveBase, UnresolvedBase, WrongPlatform } from "../../../src/images/base.ts";
import type { RememberBase } from "../../../src/images/base-memory.ts";
import { Trouble } from "../../../src/log/trouble.ts";
import { RegistryTrouble } from "../../../src/registry/trouble.ts";
import { fakeDocker, hex, inspected, noSuchImage, sha } from "../fakes.ts";
import { type FakeRegistry, fakeRegistry, refused } from "../registry/fake-registry.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64", variant: "v8" };
const config = (platform: object, diffIds = [sha("1")]) => ({
  ...platform,
  rootfs: { diff_ids: diffIds },
});
const manifest = (digest: string) => ({ config: { digest, size: 1 }, layers: [] });
const entry = (digest: string, platform?: object) => ({ digest, size: 1, platform });
const attestation = entry(sha("d"), { os: "unknown", architecture: "unknown" });

const index = {
  manifests: [attestation, entry(sha("e"), arm64), entry(sha("f"), amd64)],
};
const multi = {
  "manifests/12": { digest: sha("0"), json: index },
  [`manifests/${sha("e")}`]: { digest: sha("e"), json: manifest(sha("8")) },
  [`manifests/${sha("f")}`]: { digest: sha("f"), json: manifest(sha("9")) },
};

const version = (args: readonly string[]) =>
  args[0] === "version" ? { stdout: "linux/amd64" } : noSuchImage;
const local = (image: Record<string, unknown>) =>
  fakeDocker((args) => (args[0] === "version" ? version(args) : inspected(image)));

function setUp(registry = fakeRegistry(multi), docker = fakeDocker(version)) {
  const warnings: string[] = [];
  const resolve = (
    pull: "always" | "missing" | "never",
    platform?: string,
    reference = "debian:12",
  ) =>
    resolveBase(
      { reference, platform, pull },
      { engine: dockerEngine(docker), registry, warn: (message) => void warnings.push(message) },
    );
  return { registry, docker, warnings, resolve };
}

describe("a base from the registry", () => {
  it("is the config digest of the engine's platform, behind an index with attestations", async () => {
    const { resolve, registry, docker, warnings } = setUp();
    expect(await resolve("always")).toMatchObject({
      identity: { variant: "12", sha256: hex("9") },
      digest: sha("9"),
      reference: `debian@${sha("f")}`,
      local: false,
      platform: amd64,
    });
    expect(registry.asked).toEqual(["manifests/12", `manifests/${sha("f")}`]);
    // nothing is pulled, nothing is looked up
    expect(docker.calls.map(([command]) => command)).toEqual(["version"]);
    expect(warnings).toEqual([]);
  });

  it("behind an index is asked for its layers when they are needed, and then once", async () => {
    const blobs = { [`blobs/${sha("9")}`]: { digest: sha("9"), json: config(amd64, [sha("1")]) } };
    const { resolve, registry } = setUp(fakeRegistry({ ...multi, ...blobs }));
    const { diffIds, askDiffIds } = await resolve("always");
    expect(diffIds).toBeUndefined();
    expect(registry.asked).toHaveLength(2);
    expect(await Promise.all([askDiffIds?.(), askDiffIds?.()])).toEqual([[sha("1")], [sha("1")]]);
    expect(registry.asked.slice(2)).toEqual([`blobs/${sha("9")}`]);
    const gone = await setUp().resolve("always");
    await expect(gone.askDiffIds?.()).rejects.toThrow(
      /layers of the base image debian are not known/,
    );
  });

  it("is that of the platform asked for, and then the engine need not be asked", async () => {
    const { resolve, docker } = setUp();
    expect(await resolve("always", "linux/arm64")).toMatchObject({
      identity: { sha256: hex("8") },
      reference: `debian@${sha("e")}`,
    });
    expect(docker.calls).toEqual([]);
  });

  it("is asked for by its digest, where the reference has one", async () => {
    const registry = fakeRegistry({
      [`manifests/${sha("0")}`]: { digest: sha("0"), json: index },
      ...multi,
    });
    const { resolve } = setUp(registry);
    const base = await resolve("always", undefined, `debian:12@${sha("0")}`);
    expect(registry.asked[0]).toBe(`manifests/${sha("0")}`);
    expect(base.identity).toEqual({ variant: "12", sha256: hex("9") });
  });

  it("with a single manifest is checked by its config, and its layers are known then", async () => {
    const single = (platform: object) =>
      fakeRegistry({
        "manifests/12": { digest: sha("a"), json: manifest(sha("b")) },
        [`blobs/${sha("b")}`]: { digest: sha("b"), json: config(platform, [sha("1"), sha("2")]) },
      });
    expect(await setUp(single(amd64)).resolve("always")).toMatchObject({
      identity: { sha256: hex("b") },
      reference: `debian@${sha("a")}`,
      diffIds: [sha("1"), sha("2")],
    });
    await expect(setUp(single(arm64)).resolve("always")).rejects.toThrow(WrongPlatform);
  });

  it("without the platform says what it has, and a local copy does not stand in", async () => {
    const { resolve, docker } = setUp(fakeRegistry(multi), local({ Id: sha("7") }));
    await expect(resolve("always", "linux/s390x")).rejects.toThrow(/s390x.*linux\/arm64\/v8/);
    expect(docker.calls).toEqual([]);
  });

  it.each([
    ["something else", { hello: 1 }],
    ["an index that leads to an index", { manifests: [entry(sha("0"), amd64)] }],
  ])("that is %s is not resolved", async (_what, json) => {
    const document = { digest: sha("0"), json };
    const registry = fakeRegistry({
      "manifests/12": document,
      [`manifests/${sha("0")}`]: document,
    });
    await expect(setUp(registry).resolve("always")).rejects.toThrow(UnresolvedBase);
  });
});

describe("pull: always", () => {
  const copy = { Id: sha("7"), RootFS: { Layers: [sha("1")] } };

  it.each([
    ["absent", 0],
    ["denied", 0],
    ["unreachable", 1],
  ] as const)(
    "takes a local copy when the registry is %s, with %i warnings",
    async (kind, count) => {
      const { resolve, warnings } = setUp(refused(kind), local(copy));
      expect(await resolve("always")).toMatchObject({
        identity: { variant: "12", sha256: hex("7") },
        digest: sha("7"),
        reference: sha("7"),
        local: true,
        diffIds: [sha("1")],
      });
      expect(warnings).toHaveLength(count);
    },
  );

  it.each(["absent", "denied", "unreachable"] as const)(
    "is not resolved when the registry is %s and there is no copy",
    async (kind) => {
      await expect(setUp(refused(kind)).resolve("always")).rejects.toThrow(UnresolvedBase);
    },
  );

  it("takes no copy for an answer that is not what it says it is", async () => {
    const { resolve } = setUp(refused("invalid"), local(copy));
    await expect(resolve("always")).rejects.toThrow(UnresolvedBase);
  });

  it("checks the platform of the local copy", async () => {
    const { resolve } = setUp(refused("absent"), local({ ...copy, Architecture: "arm64" }));
    await expect(resolve("always")).rejects.toThrow(WrongPlatform);
  });
});

describe("a registry that we get no connection to, or nothing of", () => {
  const none = new RegistryTrouble("unreachable", "no connection", { noConnection: true });
  const failing = (error: RegistryTrouble): FakeRegistry => ({
    asked: [],
    manifest: () => Promise.reject(error),
    config: () => Promise.reject(error),
  });
  const said: Refusal = { kind: "denied", reason: "denied" };

  /** An engine that has one copy, and another once it has pulled. */
  async function ask(
    error: RegistryTrouble,
    { has, gets }: { has?: string; gets?: string },
    remembered?: RememberBase,
  ) {
    let id = has;
    let pulls = 0;
    const docker = fakeDocker((args) => {
      if (args[0] === "version") return { stdout: "linux/amd64" };
      return id === undefined ? noSuchImage : inspected({ Id: id });
    });
    const warnings: string[] = [];
    const found = await resolveBase(
      { reference: "debian:12", platform: undefined, pull: "always" },
      {
        ...{ engine: dockerEngine(docker), registry: failing(error) },
        warn: (message) => void warnings.push(message),
        ...(remembered && { remembered }),
        pull: async () => {
          pulls += 1;
          id = gets ?? id;
          return gets === undefined ? said : undefined;
        },
      },
    ).catch((error: unknown) => error as UnresolvedBase);
    return { found, pulls, warnings };
  }
  const known: RememberBase = async () => ({
    ...{ digest: sha("6"), manifest: `debian@${sha("5")}`, named: sha("4"), from: "the engine" },
  });
  const busy = new RegistryTrouble("unreachable", "answered 503");

  it.each<[string, RegistryTrouble, { has?: string; gets?: string }, string, number, number]>([
    ["is had from the engine, which pulls it", none, { gets: sha("8") }, sha("8"), 1, 0],
    ["is newer than the engine's copy", none, { has: sha("7"), gets: sha("8") }, sha("8"), 1, 0],
    ["is the engine's copy where that gets none", none, { has: sha("7") }, sha("7"), 1, 1],
    ["is the engine's copy where it is busy", busy, { has: sha("7") }, sha("7"), 0, 1],
    ["is pulled where it is busy for us", busy, { gets: sha("8") }, sha("8"), 1, 0],
  ])("%s", async (_what, error, engine, digest, pulls, warnings) => {
    const asked = await ask(error, engine);
    expect(asked.found).toMatchObject({ digest, local: true });
    expect([asked.pulls, asked.warnings.length]).toEqual([pulls, warnings]);
  });

  it.each(["absent", "denied"] as const)("is pulled where it is %s for us", async (kind) => {
    const refusal = new RegistryTrouble(kind, kind);
    expect(await ask(refusal, { gets: sha("8") })).toMatchObject({
      ...{ found: { digest: sha("8") }, pulls: 1, warnings: [] },
    });
  });

  it("is what the stores know, where the engine gets nothing either or need not be asked", async () => {
    expect((await ask(none, { gets: sha("8") }, known)).found).toMatchObject({ digest: sha("8") });
    for (const [error, pulls] of [
      [none, 1],
      [busy, 0],
    ] as const) {
      const asked = await ask(error, {}, known);
      expect(asked).toMatchObject({ found: { digest: sha("6") }, pulls });
      expect(asked.warnings).toHaveLength(1);
    }
  });

  it("is not resolved where the engine gets nothing: asked once, with its word", async () => {
    for (const error of [none, busy, new RegistryTrouble("absent", "no such")]) {
      const { found, pulls } = await ask(error, {});
      expect(found).toBeInstanceOf(UnresolvedBase);
      expect([pulls, (found as UnresolvedBase).refused]).toEqual([1, said]);
    }
    const invalid = await ask(new RegistryTrouble("invalid", "lies"), { gets: sha("8") });
    expect([invalid.pulls, invalid.found]).toEqual([0, expect.any(UnresolvedBase)]);
  });
});

describe("pull: missing and never", () => {
  it("missing lets a local copy win and asks no registry", async () => {
    const { resolve, registry } = setUp(fakeRegistry(multi), local({ Id: sha("7") }));
    expect(await resolve("missing")).toMatchObject({ digest: sha("7"), local: true });
    expect(registry.asked).toEqual([]);
  });

  it("missing asks the registry for what the engine does not have", async () => {
    expect(await setUp().resolve("missing")).toMatchObject({ digest: sha("9"), local: false });
  });

  it("never asks nobody", async () => {
    const there = setUp(fakeRegistry(multi), local({ Id: sha("7") }));
    expect(await there.resolve("never")).toMatchObject({ digest: sha("7") });
    const gone = setUp();
    await expect(gone.resolve("never")).rejects.toThrow(/pull: never/);
    expect([...there.registry.asked, ...gone.registry.asked]).toEqual([]);
  });
});

describe("the containerd image store", () => {
  // there the id is a manifest's or index's digest, and the repo digest names the same
  const pulled = (name: string) => local({ Id: sha("0"), RepoDigests: [`${name}@${sha("0")}`] });
  const registry = () =>
    fakeRegistry({ [`manifests/${sha("0")}`]: { digest: sha("0"), json: index }, ...multi });

  it("has its copy's config digest asked for by digest, so that its keys are everyone's", async () => {
    const { resolve, registry: asked } = setUp(registry(), pulled("debian"));
    expect(await resolve("missing")).toMatchObject({
      identity: { variant: "12", sha256: hex("9") },
      reference: `debian@${sha("f")}`,
    });
    expect(asked.asked[0]).toBe(`manifests/${sha("0")}`);
  });

  it("keeps the id of an image that is local only, or whose registry does not answer", async () => {
    const own = setUp(refused("absent"), local({ Id: sha("0"), RepoDigests: [] }));
    expect(await own.resolve("missing")).toMatchObject({ digest: sha("0"), local: true });
    const away = setUp(refused("unreachable"), pulled("debian"));
    expect(await away.resolve("missing")).toMatchObject({ digest: sha("0"), local: true });
  });

  // the repo digest's reference has neither the tag nor its absence to make a variant of
  it("gives the same variant as the registry would for a reference without a tag", async () => {
    const { resolve } = setUp(registry(), pulled("ghcr.io/o/image"));
    const base = await resolve("missing", undefined, "ghcr.io/o/image");
    expect(base.identity).toEqual({ variant: "latest", sha256: hex("9") });
  });
});

describe("an engine that does not answer", () => {
  const dead = () => fakeDocker(async () => ({ code: 1, stderr: "Cannot connect to the daemon" }));

  it("is said, in every way to pull", async () => {
    await expect(setUp(fakeRegistry(multi), dead()).resolve("always")).rejects.toThrow(NoEngine);
    await expect(setUp(refused("absent"), dead()).resolve("always")).rejects.toThrow(NoEngine);
  });

  // which of the two fails first is chance
  it.each(["absent", "unreachable", "invalid"] as const)(
    "is said also when the registry was %s before",
    async (kind) => {
      const late = fakeDocker(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { code: 1, stderr: "Cannot connect to the daemon" };
      });
      await expect(setUp(refused(kind), late).resolve("always")).rejects.toThrow(NoEngine);
    },
  );

  // a rejection without a handler ends the process instead of telling the one clear error
  it.each(["missing", "never"] as const)("leaves no unhandled rejection: %s", async (pull) => {
    const unhandled: unknown[] = [];
    const listeners = process.rawListeners(
      "unhandledRejection",
    ) as NodeJS.UnhandledRejectionListener[];
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (error) => void unhandled.push(error));
    try {
      await expect(setUp(fakeRegistry(multi), dead()).resolve(pull)).rejects.toThrow(Trouble);
      await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    expect(unhandled).toEqual([]);
  });
});
