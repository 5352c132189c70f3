import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dockerEngine } from "../../../../src/engine/engine.ts";
import { storedBlob } from "../../../../src/images/actions-cache/blobs/blob-cache.ts";
import { runBlobs } from "../../../../src/images/actions-cache/blobs/run-blobs.ts";
import { blobKey } from "../../../../src/images/actions-cache/entries/names.ts";
import type { Outcome } from "../../../../src/images/actions-cache/entries/protocol.ts";
import { writeBundle } from "../../../../src/images/actions-cache/image/bundle.ts";
import { serving } from "../../../../src/images/actions-cache/loopback/serving.ts";
import { loopbackWay } from "../../../../src/images/actions-cache/loopback-way.ts";
import { OutOfReach } from "../../../../src/images/actions-cache/way.ts";
import { sha256 } from "../../../../src/keys/hash.ts";
import {
  base,
  ended,
  envContent,
  fakeDocker,
  imageOf,
  inspected,
  layersOf,
  only,
  sha,
} from "../../fakes.ts";
import { fakeEntries } from "./fake-entries.ts";

const layer = only(layersOf(envContent));
const expected = { platform: base.platform, baseDiffIds: base.diffIds };
const good = imageOf(layer);
/** An image has one layer, which is an entry of its own. */
const ownLayer = { digest: sha("9"), size: 5 };

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "agent-runner-loopback-way-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface World {
  /** What the image's config says. */
  labels?: Record<string, string>;
  /** What the service says of the image's entry, where it does not have it. */
  entry?: Outcome;
  /** Whether it has the layer's entry. */
  hasLayer?: boolean;
  /** What its manifest says of the layer. */
  size?: number;
  /** What becomes of a pull or push: the engine gets the name and may ask the registry. */
  engine?: (name: string) => Promise<{ code: number; says?: string }>;
}

/** One image in the cache, an engine that does as it is told, and the way between them. */
async function world({ labels = good.labels, entry, hasLayer = true, size, engine }: World = {}) {
  const folder = await mkdtemp(join(root, "entries-"));
  const blob = async (json: object) => {
    const text = JSON.stringify(json);
    const digest = `sha256:${sha256(text)}`;
    await writeFile(join(folder, `of-${digest}`), text);
    return {
      digest,
      size: text.length,
      stored: storedBlob(join(folder, `of-${digest}`), text.length),
    };
  };
  const config = await blob({
    ...good.platform,
    config: { Labels: labels },
    rootfs: { diff_ids: good.diffIds },
  });
  const manifest = await blob({
    config: { digest: config.digest, size: config.size },
    layers: [{ ...ownLayer, size: size ?? ownLayer.size }],
  });
  const blobs = new Map([manifest, config].map(({ digest, stored }) => [digest, stored]));
  const entries = fakeEntries(async (op, file, key): Promise<Outcome | undefined> => {
    if (key === blobKey(ownLayer.digest)) {
      return hasLayer ? { outcome: "hit", key } : { outcome: "miss" };
    }
    if (op === "save" || entry !== undefined) return entry;
    await writeBundle(join(folder, file), { manifest: manifest.digest, base: [], blobs });
    return { outcome: "hit", key: `${key}1700000000000` };
  });
  const names: string[] = [];
  const docker = fakeDocker(
    ([command]) => (command === "image" ? inspected({ Id: sha("7"), ...inEngine(labels) }) : {}),
    async (args, { output }) => {
      const name = args.at(-1) ?? "";
      names.push(name);
      const { code, says = "" } = (await engine?.(name)) ?? { code: 0 };
      output?.write(says);
      return ended(code);
    },
  );
  const known = runBlobs(entries, folder, undefined);
  const denials: string[] = [];
  const session = {
    ...{ entries, folder, blobs: known, stale: new Set<string>(), saved: { bytes: 0, entries: 0 } },
    registry: serving(known, folder, "run1"),
    deny: (why: string) => void denials.push(why),
  };
  const way = loopbackWay(
    {
      ...{ engine: dockerEngine(docker), folder, environment: {}, read: true, write: true },
      ...{ base: undefined, runId: "run1", label: "l=1", limitMs: 60_000 },
      ...{ signal: new AbortController().signal, notice: () => {} },
    },
    session,
  );
  return { way, session, docker, entries, names, denials, digest: manifest.digest, config };
}

const inEngine = (labels: Record<string, string>) => ({
  Config: { Labels: labels },
  RootFS: { Layers: good.diffIds },
});

/** As an engine asks for a manifest. */
async function ask(name: string): Promise<void> {
  const [, host, repository, digest] = /^([^/]+)\/(.+)@(.+)$/.exec(name) ?? [];
  await fetch(`http://${host}/v2/${repository}/manifests/${digest}`);
}

const lies = { ...good.labels, "io.agent-runner.key": "another" };

describe("probing", () => {
  it("reads the image's entry, looks for its layers, and leaves the engine alone", async () => {
    const { way, docker, entries, digest, config } = await world();
    expect(await way.probe(layer, expected)).toMatchObject({
      hit: true,
      reference: layer.reference,
      parent: { reference: layer.reference, anywhere: false },
      digest,
      digests: [digest, config.digest],
    });
    expect(entries.asked.at(-1)).toBe(`lookup ${blobKey(ownLayer.digest)}`);
    expect(docker.calls).toEqual([]);
  });

  it("does not believe in layers that no cache could hold", async () => {
    const { way, entries } = await world({ size: 6e12 });
    expect(await way.probe(layer, expected)).toEqual({
      hit: false,
      trouble: true,
      why: `${layer.reference} in the Actions cache is not used: its layers are said to have 6000.0 GB, and a repository's cache has 10.0 GB`,
    });
    expect(entries.asked).toHaveLength(1);
  });

  it("tells a layer that is gone, and has the image saved anew", async () => {
    const { way, session } = await world({ hasLayer: false });
    expect(await way.probe(layer, expected)).toEqual({
      hit: false,
      trouble: true,
      why: `${layer.reference} in the Actions cache is not used: its layer ${ownLayer.digest} is no longer there`,
    });
    expect(session.stale.has(layer.key)).toBe(true);
  });

  it.each<[string, Outcome, string, boolean]>([
    ["a miss", { outcome: "miss" }, "not in the Actions cache", false],
    [
      "a denial",
      { outcome: "denied", why: "no scope" },
      "the Actions cache may not be read",
      false,
    ],
    [
      "a failure",
      { outcome: "broken", why: "503", service: true },
      "the Actions cache is not used: 503",
      true,
    ],
  ])("is told in the cache's own words: %s", async (_what, entry, why, trouble) => {
    const { way, denials } = await world({ entry });
    expect(await way.probe(layer, expected)).toEqual({ hit: false, why, trouble });
    expect(denials).toEqual(entry.outcome === "denied" ? ["no scope"] : []);
  });
});

describe("restoring", () => {
  it("has the engine pull by digest, checks the image, names it, and leaves no other name", async () => {
    const { way, docker, names, digest } = await world({
      engine: async (name) => {
        await ask(name);
        return { code: 0 };
      },
    });
    expect(await way.restore(layer, expected)).toMatchObject({
      hit: true,
      reference: sha("7"),
      parent: { reference: layer.reference, anywhere: false },
      digest: sha("7"),
      digests: expect.arrayContaining([digest, sha("7")]),
    });
    const [from = ""] = names;
    expect(from).toMatch(/^127\.0\.0\.1:\d+\/run1-[0-9a-f]{32}\/agent-runner-env@sha256:/);
    expect(docker.calls.map(([command]) => command)).toEqual([
      ...["pull", "image", "create", "rm", "tag", "image"],
    ]);
    expect(docker.calls.at(-2)).toEqual(["tag", from, layer.reference]);
    expect(docker.calls.at(-1)).toEqual(["image", "rm", from]);
  });

  it("pulls nothing that lies, and has it saved anew", async () => {
    const { way, docker, session } = await world({ labels: lies });
    expect(await way.restore(layer, expected)).toMatchObject({
      hit: false,
      trouble: true,
      why: expect.stringMatching(/^agent-runner-env:\S+ in the Actions cache is not used: /),
    });
    expect(docker.calls).toEqual([]);
    expect(session.stale.has(layer.key)).toBe(true);
  });

  it("tells why a pull failed without the way to the registry", async () => {
    const { way, names } = await world({
      engine: async (name) => {
        await ask(name);
        const url = `http://${name.replace("/", "/v2/").replace("@", "/manifests/")}`;
        return { code: 1, says: `failed to resolve ${name}: GET ${url}: EOF\n` };
      },
    });
    const found = await way.restore(layer, expected);
    const [, secret = "none"] = names[0]?.split("/") ?? [];
    expect(JSON.stringify(found)).not.toContain(secret);
    expect(found).toMatchObject({
      hit: false,
      why: expect.stringMatching(
        /^agent-runner-env:\S+ in the Actions cache could not be pulled: failed to resolve agent-runner-env@\S+: GET http:\/\/127\.0\.0\.1:\d+\/v2\/…\//,
      ),
    });
  });

  it("is out of reach where the engine has asked for nothing", async () => {
    const { way, session } = await world({ engine: async () => ({ code: 1, says: "refused" }) });
    await expect(way.restore(layer, expected)).rejects.toThrow(OutOfReach);
    expect(session.stale.size).toBe(0); // the image may be good
  });
});

describe("publishing", () => {
  it("sends nothing that is there", async () => {
    const { way, docker, digest } = await world();
    expect(await way.publish(layer, expected, false)).toMatchObject({
      outcome: "already there",
      digest,
    });
    expect(docker.calls).toEqual([]);
  });

  it("is out of reach where the engine has sent nothing, and leaves no name", async () => {
    const { way, docker, names } = await world({ engine: async () => ({ code: 1 }) });
    await expect(way.publish(layer, expected, true)).rejects.toThrow(OutOfReach);
    expect(docker.calls).toEqual([
      ["tag", layer.reference, names[0]],
      ["push", names[0]],
      ["image", "rm", names[0]],
    ]);
  });

  it("that the engine breaks off is a failure in its words", async () => {
    const { way } = await world({
      engine: async (name) => {
        await ask(`${name.replace(/:[^:/]*$/, "")}@${sha("1")}`);
        return { code: 1, says: "short write\n" };
      },
    });
    expect(await way.publish(layer, expected, true)).toEqual({
      outcome: "failed",
      why: `${layer.reference} could not be pushed: short write`,
    });
  });
});
