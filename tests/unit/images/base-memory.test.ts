import { describe, expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { resolveBase, UnresolvedBase } from "../../../src/images/base.ts";
import {
  baseTag,
  firstRemembered,
  knownFrom,
  labelsOfBase,
  rememberedInEngine,
  rememberedInRegistry,
} from "../../../src/images/base-memory.ts";
import { parseReference, type Reference } from "../../../src/keys/reference.ts";
import type { RegistryClient } from "../../../src/registry/client.ts";
import { RegistryTrouble, type TroubleKind } from "../../../src/registry/trouble.ts";
import { base, fakeDocker, hex, inspected, noSuchImage, sha } from "../fakes.ts";
import { fakeRegistry, refused } from "../registry/fake-registry.ts";

const name = "debian:12";
const platform = { os: "linux", architecture: "amd64" };
const labels = labelsOfBase(name, { ...base, named: sha("9") });
const read = (text: string) => parseReference(text) as Reference;
const tagOf = (text: string, on: typeof platform) => baseTag(read(text), on);
const byDigest = `debian@${sha("9")}`;

describe("the labels", () => {
  it("say what the base was called and what it was", () => {
    expect(labels).toEqual({
      "io.agent-runner.base.reference": "debian:12",
      "io.agent-runner.base.platform": "linux/amd64",
      "io.agent-runner.base.manifest": `debian@${sha("c")}`,
      "io.agent-runner.base.named": sha("9"),
      "io.agent-runner.base.digest": sha("b"),
    });
    expect(knownFrom(labels, read(name), platform, "it")).toEqual({
      ...{ digest: sha("b"), manifest: `debian@${sha("c")}`, named: sha("9"), from: "it" },
    });
  });

  it("of a base that only the engine has there are none", () => {
    expect(labelsOfBase(name, { ...base, local: true, named: sha("9") })).toEqual({});
  });

  it.each<[string, Record<string, string>]>([
    ["another reference", { "io.agent-runner.base.reference": "debian:13" }],
    ["another platform", { "io.agent-runner.base.platform": "linux/arm64" }],
    ["another repository", { "io.agent-runner.base.manifest": `evil/debian@${sha("c")}` }],
    ["no manifest", { "io.agent-runner.base.manifest": "debian:12" }],
    ["no digest", { "io.agent-runner.base.digest": "sha256:12" }],
    ["a digest of more", { "io.agent-runner.base.digest": `${sha("b")}\nx` }],
    ["no name", { "io.agent-runner.base.named": "" }],
  ])("with %s tell nothing", (_what, wrong) => {
    expect(knownFrom({ ...labels, ...wrong }, read(name), platform, "it")).toBeUndefined();
    expect(knownFrom({}, read(name), platform, "it")).toBeUndefined();
  });

  it("of a base by digest tell only of that digest", () => {
    const of = (named: string) => labelsOfBase(byDigest, { ...base, named });
    expect(knownFrom(of(sha("9")), read(byDigest), platform, "it")).toMatchObject({
      digest: sha("b"),
    });
    expect(knownFrom(of(sha("8")), read(byDigest), platform, "it")).toBeUndefined();
  });

  it("have a tag of their own for each reference and platform", () => {
    const arm = { os: "linux", architecture: "arm64" };
    const tags = [tagOf(name, platform), tagOf("debian:13", platform), tagOf(name, arm)];
    expect(new Set(tags).size).toBe(3);
    expect(tags[0]).toMatch(/^base-[0-9a-f]{16}$/);
  });
});

/** An engine that has an image with these labels, and no base unless it is given. */
function engineWith(own: Record<string, string> | undefined, local?: Record<string, unknown>) {
  const docker = fakeDocker((args) => {
    const [command, verb] = args;
    if (command === "version") return { stdout: "linux/amd64" };
    if (verb === "ls") return { stdout: own ? sha("5") : "" };
    if (args.includes("{{json .Config.Labels}}")) return { stdout: JSON.stringify(own) };
    return local ? inspected(local) : noSuchImage;
  });
  return { docker, engine: dockerEngine(docker) };
}

const tag = tagOf(name, platform);
const ours = (own: Record<string, string>) =>
  fakeRegistry({
    [`manifests/${tag}`]: {
      digest: sha("4"),
      json: { config: { digest: sha("3"), size: 1 }, layers: [] },
    },
    [`blobs/${sha("3")}`]: {
      digest: sha("3"),
      json: { ...platform, config: { Labels: own }, rootfs: { diff_ids: [] } },
    },
  });

interface World {
  readonly kind: TroubleKind;
  readonly inEngine?: Record<string, string>;
  readonly inRegistry?: RegistryClient;
  readonly local?: Record<string, unknown>;
  readonly reference?: string;
  readonly pull?: "always" | "missing";
}

async function resolve({ kind, inEngine, inRegistry, local, reference = name, pull }: World) {
  const { engine, docker } = engineWith(inEngine, local);
  const warnings: string[] = [];
  const found = await resolveBase(
    { reference, platform: undefined, pull: pull ?? "always" },
    {
      engine,
      registry: refused(kind),
      warn: (message) => void warnings.push(message),
      remembered: firstRemembered([
        rememberedInEngine(engine),
        ...(inRegistry ? [rememberedInRegistry("ghcr.io/o/r", inRegistry, ["env"])] : []),
      ]),
    },
  ).catch((error: unknown) => error as Error);
  return { found, warnings, docker };
}

const theSame = {
  identity: { variant: "12", sha256: hex("b") },
  digest: sha("b"),
  reference: `debian@${sha("c")}`,
  local: false,
};

describe("a base whose registry does not say", () => {
  it.each<[string, World, string]>([
    ["is down", { kind: "unreachable", inEngine: labels }, "the engine"],
    ["answers nonsense", { kind: "invalid", inEngine: labels }, "the engine"],
    ["is down", { kind: "unreachable", inRegistry: ours(labels) }, "the registry"],
    ["is down", { kind: "unreachable", pull: "missing", inRegistry: ours(labels) }, "the registry"],
  ])("that %s is what the images built on it say (%#)", async (_what, world, from) => {
    const { found, warnings } = await resolve(world);
    expect(found).toMatchObject(theSame);
    expect(warnings).toEqual([
      expect.stringContaining(`debian:12 that ${from} knows is used: ${sha("b")}`),
    ]);
  });

  it("is known by its digest alone, too", async () => {
    const of = labelsOfBase(byDigest, { ...base, named: sha("9") });
    const world = { kind: "unreachable", inEngine: of, reference: byDigest } as const;
    expect((await resolve(world)).found).toMatchObject({
      identity: { variant: "debian", sha256: hex("b") },
    });
  });

  it.each<[string, World]>([
    ["nobody knows", { kind: "unreachable" }],
    ["its registry refuses", { kind: "denied", inEngine: labels, inRegistry: ours(labels) }],
    ["its registry does not know", { kind: "absent", inEngine: labels }],
    [
      "is known as another",
      { kind: "unreachable", inEngine: { ...labels, [Object.keys(labels)[0] ?? ""]: "x" } },
    ],
    ["our registry does not know either", { kind: "unreachable", inRegistry: refused("absent") }],
    ["our registry is down for, too", { kind: "unreachable", inRegistry: refused("unreachable") }],
  ])("that %s is not resolved", async (_what, world) => {
    expect((await resolve(world)).found).toBeInstanceOf(UnresolvedBase);
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ["is that", "by its config", { Id: sha("b") }, hex("b")],
    ["is that", "by its index", { Id: sha("9") }, hex("b")],
    ["is that", "by a name", { Id: sha("7"), RepoDigests: [`debian@${sha("9")}`] }, hex("b")],
    ["is another", "made since", { Id: sha("7") }, hex("7")],
  ])("and of which the engine's copy %s, %s", async (_is, _how, local, sha256) => {
    const { found, warnings } = await resolve({ kind: "unreachable", inEngine: labels, local });
    expect(found).toMatchObject({ identity: { sha256 } });
    expect(warnings).toEqual([
      expect.stringContaining("the engine's own copy of debian:12 is used"),
    ]);
  });

  it("asks no store where the registry knows none and the engine has one: a local image", async () => {
    const { docker } = await resolve({ kind: "absent", inEngine: labels, local: { Id: sha("7") } });
    expect(docker.calls.map(([command, verb]) => [command, verb].join(" "))).toEqual([
      "version --format",
      "image inspect",
    ]);
  });

  it("asks the registry for each layer's repository until one knows", async () => {
    const asked: string[] = [];
    const client: RegistryClient = {
      manifest: async ({ repository }) => {
        asked.push(repository);
        throw new RegistryTrouble("absent", "404");
      },
      config: async () => {
        throw new Error("not asked for");
      },
    };
    const remember = rememberedInRegistry("ghcr.io/o/r", client, ["env", "desktop"]);
    expect(await remember(read(name), platform)).toBeUndefined();
    expect(asked).toEqual(["o/r/agent-runner-env", "o/r/agent-runner-desktop"]);
  });
});
