import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { which } from "../../../scripts/shell.ts";
import type { Entry } from "../../harness/cache-service-entries.ts";
import { startAction } from "../../harness/runner.ts";
import { jobFolder } from "../../harness/runner-env.ts";
import { layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { pathWith } from "../support/path-with.ts";
import { poisoned } from "./poison.ts";
import {
  actWith,
  type ImageStore,
  imageStores,
  isImage,
  isLayer,
  loopbackNames,
  useBaseRegistry,
  useCacheService,
  useEngine,
} from "./support.ts";

// Whatever the cache does, the task runs: from what is built instead.

const service = useCacheService();
const base = useBaseRegistry();
/** A layer's entry that is all there: some of these faults leave one that is not. */
const stored = ({ key, finalized }: Entry) => finalized && isLayer(key);
const isGet = ({ method }: { method: string }) => method === "GET";

interface FaultCase {
  what: string;
  arrange: () => Promise<void> | void;
  said: RegExp;
  /** What is stored is worth nothing afterwards. */
  harms?: true;
  /** It is the engine that meets the fault, so each kind is tried. */
  engine?: true;
}

const faults: FaultCase[] = [
  {
    what: "the service limits the rate",
    arrange: () => {
      service().fault = () => ({ status: 429, body: '{"msg":"slow down"}' });
    },
    said: /Rate limited/,
  },
  {
    what: "the service is down",
    arrange: () => {
      service().fault = () => ({ status: 503 });
    },
    said: /nothing moved for 20 s/,
  },
  {
    what: "a download breaks off",
    arrange: () => {
      service().blobs.fault = (request) =>
        isGet(request) ? { truncateAfterBytes: 5_000 } : undefined;
    },
    said: /Failed to restore/,
    engine: true,
  },
  {
    what: "bytes change on the way",
    arrange: () => {
      service().blobs.fault = (request) => (isGet(request) ? { corrupt: true } : undefined);
    },
    said: /Failed to restore|cannot be unpacked/,
  },
  {
    what: "signed addresses have expired",
    arrange: () => {
      service().validMs = -60_000;
    },
    said: /the entry's archive is answered with 403/,
  },
  {
    what: "an entry was poisoned",
    arrange: () =>
      service().alter(stored, () => poisoned([{ name: "../../poisoned", content: "x" }])),
    said: /the entry's archive has \.\.\/\.\.\/poisoned, which is not what was saved/,
    harms: true,
  },
  {
    what: "a layer was evicted",
    arrange: () => service().evict(({ key }) => isLayer(key)),
    said: /no longer in the Actions cache/,
    harms: true,
    engine: true,
  },
  {
    what: "the stored bytes are not the image's",
    arrange: () => service().alter(stored, (bytes) => bytes.subarray(0, bytes.length / 2)),
    said: /cannot be unpacked|could not be pulled/,
    harms: true,
    engine: true,
  },
];

describe.each<ImageStore>(imageStores)("on the %s image store", (store) => {
  // one that saves and one that restores: what an engine has built it keeps, and never asks for
  const first = useEngine(store);
  const second = useEngine(store);

  test("every fault ends in a build, with one warning, and the task runs", async () => {
    let saved: { inputs: Record<string, string>; key: string } | undefined;
    for (const { what, arrange, said, harms, engine } of faults) {
      if (store !== "classic" && !engine) continue;
      service().reset();
      if (!saved) {
        await service().evict(() => true);
        const inputs = inputsOf();
        const cold = await actWith(first(), service(), inputs);
        expect(layer(cold, "env").saved, what).toBe(true);
        saved = { inputs, key: layer(cold, "env").key };
        service().reset();
      }
      const { inputs, key } = saved;
      await arrange();
      const result = await actWith(second(), service(), inputs);
      expect(printed(result), what).toEqual(["task: env"]);
      expect(layer(result, "env").source, what).toBe("built");
      expect(result.exitCode, what).toBe(0);
      expect(warnings(result).length, `${what}: ${warnings(result)}`).toBeGreaterThan(0);
      expect(warnings(result)[0], what).toMatch(said);
      // as a new machine's: not even the build remembers
      await second().forget([key]);
      await second().docker("builder", "prune", "--all", "--force");
      if (harms) saved = undefined;
    }
    await service().evict(() => true);
  });

  test("cancelled while it saves, the step ends in time, and an unfinished entry is none", async () => {
    service().reset();
    service().blobs.fault = ({ method }) => (method === "PUT" ? "hang" : undefined);
    const action = await start();
    await expect
      .poll(() => service().blobs.requests.length, { timeout: 60_000 })
      .toBeGreaterThan(0);
    expect(await action.cancel()).toEqual(["SIGINT"]);
    const result = await action.finish();
    await nothingLeft(result, { env: first().env });
    expect(await loopbackNames(first())).toEqual([]);
    expect(service().calls.map(({ method }) => method)).not.toContain("FinalizeCacheEntryUpload");
  });

  test("killed while the engine pushes to it, post takes its names from the engine", async () => {
    service().reset();
    const pushing = join(await jobFolder(), "pushing");
    const slowPush = `[[ " $* " != *" push "* ]] || { echo >${pushing}; exec sleep 600; }`;
    const path = await pathWith("docker", slowPush, `exec ${which("docker")} "$@"`);
    const before = await envImages();
    const action = await start(path);
    await expect.poll(() => existsSync(pushing), { timeout: 60_000 }).toBe(true);
    expect(await loopbackNames(first())).toHaveLength(1);
    action.kill();
    const result = await action.finish();
    expect([result.exitCode, result.post?.exitCode]).toEqual([137, 0]);
    expect(await loopbackNames(first())).toEqual([]);
    // the image itself stays, under the name that the next run looks for
    expect((await envImages()).length).toBe(before.length + 1);
  });

  const start = (env: Record<string, string> = {}) =>
    startAction({
      inputs: inputsOf(),
      env: { ...first().env, ...service().env(), ...env },
    });
  const envImages = async () =>
    (await first().docker("image", "ls", "--quiet", "agent-runner-env")).match(/^\S+$/gm) ?? [];
});

describe("with engines that have something", () => {
  const engine = useEngine("classic");
  const second = useEngine("containerd");

  test("an image whose layer is gone is published anew, and restored from then on", async () => {
    service().reset();
    const inputs = inputsOf();
    const cold = await actWith(engine(), service(), inputs);
    const { key } = layer(cold, "env");
    await service().evict((entry) => isLayer(entry.key));
    const again = await actWith(second(), service(), inputs);
    expect(layer(again, "env")).toMatchObject({ source: "built", saved: true });
    await engine().forget([key]);
    const restored = await actWith(engine(), service(), inputs);
    expect(restored.outputs["image-source"]).toBe("actions-cache");
    expect(service().entries.filter((entry) => isImage(entry.key))).toHaveLength(2);
    await service().evict(() => true);
  });

  test("a fork's pull request reads what main has, and writes nothing", async () => {
    service().reset();
    const inputs = inputsOf();
    const cold = await actWith(engine(), service(), inputs);
    const { key } = layer(cold, "env");
    await engine().forget([key]);
    const repo = (id: number) => ({ repo: { id } });
    const event = {
      name: "pull_request",
      payload: { action: "opened", pull_request: { head: repo(2), base: repo(1) } },
    };
    const fork = { event, ref: "refs/pull/1/merge" };
    const restored = await actWith(engine(), service(), inputs, fork);
    expect(restored.outputs["image-source"]).toBe("actions-cache");
    service().reset();
    const entries = service().entries.length;
    for (const mode of ["auto", "read-write"]) {
      const result = await actWith(
        engine(),
        service(),
        { ...inputsOf(), "actions-cache": mode },
        fork,
      );
      expect(layer(result, "env")).toMatchObject({ source: "built", saved: false });
      expect(messages(result, "notice")).toEqual([expect.stringMatching(/not saved.*from a fork/)]);
    }
    expect(service().calls.filter(({ method }) => method !== "GetCacheEntryDownloadURL")).toEqual(
      [],
    );
    expect(service().entries).toHaveLength(entries);
    await engine().forget([key]);
  });

  test("a read-only token is one notice, and nothing is uploaded", async () => {
    service().reset();
    const desktop = {
      "headless-desktop": "optional",
      "cache-desktop-build": "true",
      "desktop-install-script": "echo desktop >/desktop",
    };
    const result = await actWith(
      engine(),
      service(),
      { ...inputsOf(), ...desktop },
      { readOnly: true },
    );
    expect(result.exitCode).toBe(0);
    expect(messages(result, "notice")).toEqual([expect.stringMatching(/cache write denied/)]);
    expect(messages(result, "warning").filter((line) => /cache/i.test(line))).toEqual([]);
    expect(service().blobs.requests).toEqual([]);
    expect(service().calls.filter(({ method }) => method === "CreateCacheEntry")).toHaveLength(1);
  });

  test("with a cache mode that only reads, nothing is even tried", async () => {
    service().reset();
    const result = await actWith(engine(), service(), inputsOf(), {
      env: { ACTIONS_CACHE_MODE: "read" },
    });
    expect(layer(result, "env")).toMatchObject({ source: "built", saved: false });
    expect(messages(result, "notice")).toEqual([expect.stringMatching(/cache mode is `read`/)]);
    expect(service().calls.every(({ method }) => method === "GetCacheEntryDownloadURL")).toBe(true);
  });

  test("a token that may not read is one notice, and the task runs", async () => {
    service().reset();
    const result = await actWith(engine(), service(), inputsOf(), { blind: true });
    expect(printed(result)).toEqual(["task: env"]);
    expect(messages(result, "notice")[0]).toMatch(/denied/);
    expect(messages(result, "warning").filter((line) => /cache/i.test(line))).toEqual([]);
  });
});

function inputsOf(): Record<string, string> {
  return {
    "base-image": base().image,
    pull: "always",
    "cached-preflight": "echo env >/env; head -c 1500000 /dev/urandom >/large",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /env)",
  };
}

function warnings(result: Ran): string[] {
  return messages(result, "warning");
}
