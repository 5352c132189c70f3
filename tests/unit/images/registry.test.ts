import { describe, expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { pullLimitMs } from "../../../src/images/pulled.ts";
import { registryStore } from "../../../src/images/registry.ts";
import type { Hit } from "../../../src/images/store.ts";
import type { Layer } from "../../../src/layers/layer.ts";
import type { RegistryClient } from "../../../src/registry/client.ts";
import { RegistryTrouble, type TroubleKind } from "../../../src/registry/trouble.ts";
import { base, ended, envContent, fakeDocker, hex, inspected, layersOf, sha } from "../fakes.ts";

const registry = "ghcr.io/octo-org/demo";
const env = layersOf(envContent)[0] as Layer;
const name = `${registry}/agent-runner-env`;
const expected = { platform: base.platform, baseDiffIds: base.diffIds };
const manifestDigest = sha("e");
const configDigest = sha("f");

interface World {
  labels?: Record<string, string>;
  architecture?: string;
  created?: string;
  trouble?: TroubleKind;
  /** There is no way to the registry but the engine's. */
  noConnection?: boolean;
  /** What `docker pull` and `docker push` say and how they end. */
  said?: string;
  code?: number;
  /** Instead of `said` and `code`: what each push says; an empty text is one that succeeds. */
  pushes?: string[];
  baseTag?: string;
}

/** A registry with one image under the key, an engine that does as it is told, and the store between them. */
function world({
  labels,
  architecture = "amd64",
  created,
  trouble,
  noConnection = false,
  said,
  code = 0,
  pushes,
  baseTag,
}: World = {}) {
  const asked: string[] = [];
  const steps: string[] = [];
  const budgets: (number | undefined)[] = [];
  const answer = async (path: string, digest: string, json: unknown) => {
    asked.push(path);
    if (trouble !== undefined)
      throw new RegistryTrouble(trouble, `it is ${trouble}`, { noConnection });
    return { digest, json, mediaType: "" };
  };
  const client: RegistryClient = {
    manifest: (_image, wanted, budget) => {
      budgets.push(budget?.left());
      const layers = [{ digest: sha("1"), size: 3_000_000 }];
      return answer(`manifests/${wanted}`, manifestDigest, {
        config: { digest: configDigest, size: 1 },
        layers,
      });
    },
    config: (_image, digest) =>
      answer(`blobs/${digest}`, digest, {
        os: "linux",
        architecture,
        created,
        config: { Labels: labels ?? env.labels },
        rootfs: { diff_ids: base.diffIds },
      }),
  };
  const docker = fakeDocker(
    (args) => {
      steps.push(args.join(" "));
      return args[1] === "inspect"
        ? inspected({
            ...{ Id: configDigest, RepoDigests: [`${name}@${manifestDigest}`] },
            Architecture: architecture,
            Config: { Labels: labels ?? env.labels },
            RootFS: { Layers: base.diffIds },
          })
        : { code: 0 };
    },
    (args, { output }) => {
      steps.push(args.join(" "));
      const next = args[0] === "push" ? pushes?.shift() : undefined;
      output?.write(next ?? said ?? "");
      return ended(next === undefined ? code : Number(next !== ""));
    },
  );
  const store = registryStore({
    registry,
    engine: dockerEngine(docker),
    policy: { write: true },
    baseTag,
    client,
    login: async () => void steps.push("login"),
    limitMs: 60_000,
    signal: new AbortController().signal,
    pauseMs: 1,
  });
  return { store, asked, steps, budgets };
}

describe("pullLimitMs", () => {
  it("is 15 s and half a second a megabyte", () => {
    expect(pullLimitMs(0)).toBe(15_000);
    expect(pullLimitMs(1_000_000)).toBe(15_500);
    expect(pullLimitMs(600_000_000)).toBe(315_000);
  });
});

describe("restore", () => {
  it("resolves the tag once, then pulls, names and answers the digest", async () => {
    const { store, asked, steps } = world();
    expect(await store.restore(env, expected)).toMatchObject({
      hit: true,
      reference: `${name}@${manifestDigest}`,
      digest: manifestDigest,
      digests: [manifestDigest, configDigest],
      parent: { reference: `${name}@${manifestDigest}`, anywhere: true },
    });
    expect(asked).toEqual([`manifests/${env.key}`, `blobs/${configDigest}`]);
    expect(steps).toEqual([
      "login",
      `pull --quiet ${name}@${manifestDigest}`,
      `tag ${name}@${manifestDigest} ${env.reference}`,
    ]);
  });

  it("asks for the base's layers where nobody has yet, and only when there is something to check", async () => {
    const asking = (answer: () => Promise<readonly string[]>) => {
      let count = 0;
      const askBaseDiffIds = () => {
        count += 1;
        return answer();
      };
      return { count: () => count, given: { ...expected, baseDiffIds: undefined, askBaseDiffIds } };
    };
    const right = asking(async () => base.diffIds ?? []);
    expect(await world().store.restore(env, right.given)).toMatchObject({ hit: true });
    expect(right.count()).toBe(1);
    const wrong = asking(async () => [sha("7")]);
    const refused = world();
    expect(await refused.store.restore(env, wrong.given)).toMatchObject({
      hit: false,
      why: expect.stringMatching(/base image's own layers/),
    });
    expect(refused.steps).toEqual([]); // nothing is pulled
    const unknown = asking(async () => {
      throw new RegistryTrouble("unreachable", "they are not known");
    });
    expect(await world().store.restore(env, unknown.given)).toMatchObject({
      hit: false,
      trouble: true,
      why: "they are not known",
    });
    const none = asking(async () => []);
    await world({ trouble: "absent" }).store.restore(env, none.given);
    expect(none.count()).toBe(0);
  });

  it.each<[World, RegExp, boolean]>([
    [{ trouble: "absent" }, /^not in the registry$/, false],
    [{ trouble: "denied" }, /denied/, true],
    [{ trouble: "unreachable" }, /unreachable/, true],
    [{ trouble: "invalid" }, /invalid/, true],
    [{ labels: {} }, /no label/, true],
    [
      { labels: { ...env.labels, "io.agent-runner.component.preflight": hex("0") } },
      /preflight/,
      true,
    ],
    [{ architecture: "arm64" }, /linux\/arm64, not linux\/amd64/, true],
  ])("%j is a miss before anything is pulled", async (what, why, trouble) => {
    const { store, steps } = world(what);
    expect(await store.restore(env, expected)).toEqual({
      hit: false,
      why: expect.stringMatching(why),
      trouble,
    });
    expect(steps).toEqual([]);
  });

  it("a failed pull is a miss with the engine's last line", async () => {
    const { store, steps } = world({ code: 1, said: "Error: unexpected EOF\n" });
    const miss = await store.restore(env, expected);
    expect(miss).toMatchObject({ hit: false, trouble: true });
    expect((miss as { why: string }).why).toContain("could not be pulled: Error: unexpected EOF");
    expect(steps.some((step) => step.startsWith("tag"))).toBe(false);
  });
});

describe("restore where there is no way to the registry but the engine's", () => {
  const away = { trouble: "unreachable", noConnection: true } as const;
  const remote = `${name}:${env.key}`;

  it("has the engine pull the key, and checks what came", async () => {
    const { store, steps } = world(away);
    expect(await store.restore(env, expected)).toMatchObject({
      hit: true,
      reference: configDigest,
      digest: manifestDigest,
      digests: [configDigest, manifestDigest],
      parent: { reference: env.reference, anywhere: false },
    });
    expect(steps).toEqual([
      ...["login", `pull --quiet ${remote}`, `image inspect ${remote}`],
      ...[`tag ${remote} ${env.reference}`, `image rm ${remote}`],
    ]);
  });

  it.each<[string, World, RegExp, boolean]>([
    ["not there", { code: 1, said: "Error: manifest unknown" }, /^not in the registry$/, false],
    ["not had either", { code: 1, said: "Error: dial tcp: refused" }, /^it is unreachable$/, true],
    ["another layer", { labels: {} }, /is not used: .*no label/, true],
    ["for another machine", { architecture: "arm64" }, /linux\/arm64, not linux\/amd64/, true],
  ])("is a miss when it is %s", async (_what, more, why, trouble) => {
    const { store, steps } = world({ ...away, ...more });
    const miss = { hit: false, why: expect.stringMatching(why), trouble };
    expect(await store.restore(env, expected)).toEqual(miss);
    expect(steps.some((step) => step.startsWith("tag"))).toBe(false);
  });

  it("is not used where the base's layers are not known", async () => {
    const askBaseDiffIds = () => Promise.reject(new RegistryTrouble("unreachable", "unknown"));
    const asking = { platform: base.platform, baseDiffIds: undefined, askBaseDiffIds };
    expect(await world(away).store.restore(env, asking)).toMatchObject({
      ...{ hit: false, why: expect.stringMatching(/is not used: unknown/) },
    });
  });

  it("only looks where nothing is to be brought", async () => {
    const { store, steps } = world(away);
    expect(await store.probe(env, expected)).toMatchObject({ hit: false, trouble: true });
    expect(steps).toEqual([]);
  });
});

describe("newer", () => {
  const local = (change: Partial<Hit> = {}): Hit => ({
    hit: true,
    reference: sha("a"),
    parent: { reference: env.reference, anywhere: false },
    digest: sha("a"),
    digests: [sha("a")],
    created: 1_000,
    user: "",
    ...change,
  });
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();

  it("takes the registry's where it was built later", async () => {
    const { store, steps, budgets } = world({ created: at(1_001) });
    const found = await store.newer?.(env, expected, local());
    expect(found).toMatchObject({ digest: manifestDigest, created: 1_001 });
    expect(steps).toContain(`pull --quiet ${name}@${manifestDigest}`);
    // A warm start does not wait long for this.
    expect(budgets[0]).toBeGreaterThan(0);
    expect(budgets[0]).toBeLessThanOrEqual(2_000);
  });

  it.each([at(1_000), at(999), undefined])("keeps its own against one of %s", async (created) => {
    const { store, steps } = world(created === undefined ? {} : { created });
    expect(await store.newer?.(env, expected, local())).toBeUndefined();
    expect(steps).toEqual([]);
  });

  it.each([manifestDigest, configDigest])("asks once where it has %s already", async (digest) => {
    const { store, asked, steps } = world({ created: at(2_000) });
    const same = local({ digests: [sha("a"), digest] });
    expect(await store.newer?.(env, expected, same)).toBeUndefined();
    expect(asked).toEqual([`manifests/${env.key}`]);
    expect(steps).toEqual([]);
  });

  it.each<[string, World]>([
    ["is not to be reached", { trouble: "unreachable" }],
    ["does not have it", { trouble: "absent" }],
    ["says no", { trouble: "denied" }],
    ["has something else under the key", { labels: {}, created: at(2_000) }],
    ["cannot be pulled from", { created: at(2_000), code: 1 }],
  ])("keeps its own where the registry %s", async (_name, what) => {
    expect(await world(what).store.newer?.(env, expected, local())).toBeUndefined();
  });
});

describe("publish", () => {
  const remote = `${name}:${env.key}`;
  const sent = `The push refers to repository [${name}]\n${env.key}: digest: ${sha("9")} size: 1\n`;

  it("looks once more, logs in, and sends what was not there", async () => {
    const { store, asked, steps } = world({ trouble: "absent", said: sent });
    expect(await store.publish?.(env, expected, false)).toEqual({
      outcome: "sent",
      digest: sha("9"),
      reference: `${remote.replace(/:[^:/]*$/, "")}@${sha("9")}`,
    });
    expect(asked).toEqual([`manifests/${env.key}`]);
    expect(steps).toEqual(["login", `tag ${env.reference} ${remote}`, `push ${remote}`]);
  });

  it("sends nothing where another job was quicker", async () => {
    const { store, steps } = world();
    expect(await store.publish?.(env, expected, false)).toMatchObject({
      outcome: "already there",
      digest: manifestDigest,
      why: "it is there already",
    });
    expect(steps).toEqual([]);
  });

  it.each<[string, World]>([
    ["is another image", { labels: {} }],
    ["is for another platform", { architecture: "arm64" }],
    ["cannot be read", { trouble: "invalid" }],
  ])("sends its own where what is there %s", async (_name, what) => {
    const { store } = world({ ...what, said: sent });
    expect(await store.publish?.(env, expected, false)).toMatchObject({ outcome: "sent" });
  });

  it("does not look when it replaces: a rebuild", async () => {
    const { store, asked } = world({ said: sent });
    expect(await store.publish?.(env, expected, true)).toMatchObject({ outcome: "sent" });
    expect(asked).toEqual([]);
  });

  it.each([
    ["denied: requested access to the resource is denied", "denied"],
    ["unauthorized: authentication required", "denied"],
    ["error parsing HTTP 403 response body: denied", "denied"],
    ["no basic auth credentials", "denied"],
    ["received unexpected HTTP status: 500 Internal Server Error", "failed"],
    ["read: connection reset by peer", "failed"],
  ])("%s: %s", async (line, outcome) => {
    const { store } = world({ trouble: "absent", code: 1, said: `progress\n${line}\n` });
    expect(await store.publish?.(env, expected, false)).toEqual({
      outcome,
      why: `${remote}: ${line}`,
    });
  });

  it("leaves a second tag by which the base is remembered, whatever becomes of that", async () => {
    const immutable = "tag invalid: the repository is immutable";
    const { store, steps } = world({ trouble: "absent", pushes: ["denied"], baseTag: "base-1" });
    const refused = world({ trouble: "absent", pushes: ["", immutable], baseTag: "base-1" });
    expect(await refused.store.publish?.(env, expected, false)).toMatchObject({ outcome: "sent" });
    await store.publish?.(env, expected, false);
    for (const step of ["tag", "push"]) {
      expect(refused.steps.filter((one) => one.startsWith(step)).at(-1)).toContain(
        `${name}:base-1`,
      );
    }
    expect(refused.steps.at(-1)).toBe(`image rm ${name}:base-1`);
    // and not where nothing was sent
    expect(steps.filter((one) => one.startsWith("push"))).toHaveLength(1);
  });

  const pushesOf = (steps: string[]) => steps.filter((step) => step.startsWith("push"));

  it.each<[string[], string, number]>([
    [["blob unknown: blob unknown to registry", ""], "sent", 2],
    [["received unexpected HTTP status: 503 Service Unavailable", "unexpected EOF", ""], "sent", 3],
    [Array(9).fill("received unexpected HTTP status: 500 Internal Server Error"), "failed", 4],
    [["denied: requested access to the resource is denied", ""], "denied", 1],
    [["error parsing HTTP 403 response body: unexpected EOF", ""], "failed", 1],
    [["no space left on device", ""], "failed", 1],
  ])("%j: %s after %d", async (pushes, outcome, count) => {
    const { store, steps } = world({ trouble: "absent", pushes });
    const done = await store.publish?.(env, expected, false);
    expect([done?.outcome, pushesOf(steps).length]).toEqual([outcome, count]);
  });

  const immutable =
    "tag invalid: The image tag 'x' already exists and cannot be overwritten because the repository is immutable.";

  it("has no trouble with a tag that is kept as it is, and says so", async () => {
    const { store, steps } = world({ pushes: [immutable] });
    expect(await store.publish?.(env, expected, true)).toMatchObject({
      ...{ outcome: "already there", digest: manifestDigest, isNotice: true },
    });
    expect(pushesOf(steps)).toHaveLength(1);
  });

  it("has failed where the tag that is kept holds something else", async () => {
    const { store } = world({ labels: {}, pushes: [immutable] });
    expect(await store.publish?.(env, expected, true)).toMatchObject({ outcome: "failed" });
  });

  it("says which repository is to be created", async () => {
    const said = "name unknown: The repository with name 'x' does not exist in the registry";
    const { store } = world({ trouble: "absent", pushes: [said] });
    expect(await store.publish?.(env, expected, false)).toMatchObject({
      outcome: "failed",
      why: expect.stringMatching(new RegExp(`create ${name} first$`)),
    });
  });

  it("has failed where a tag that is said to be kept is not there", async () => {
    const { store } = world({ trouble: "absent", pushes: [immutable] });
    expect(await store.publish?.(env, expected, false)).toMatchObject({
      ...{ outcome: "failed", why: expect.stringMatching(/immutable.*not in the registry$/) },
    });
  });

  it.each([
    ["denied: You have exceeded your storage quota", "failed", /quota\. Make room there/],
    ["denied: permission_denied: write_package", "denied", /write_package\. .*`packages: write`/],
  ])("says what to do: %s", async (said, outcome, why) => {
    const { store } = world({ trouble: "absent", pushes: [said] });
    expect(await store.publish?.(env, expected, false)).toMatchObject({
      ...{ outcome, why: expect.stringMatching(why) },
    });
  });

  it("is not denied because the image is called so", async () => {
    const said = "The push refers to repository [ghcr.io/forbidden/denied]\nunexpected EOF\n";
    const { store } = world({ trouble: "absent", code: 1, said });
    expect(await store.publish?.(env, expected, false)).toMatchObject({ outcome: "failed" });
  });
});
