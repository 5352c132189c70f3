import { describe, expect, test } from "vitest";
import { layer, messages, type Ran, salt } from "../support/act.ts";
import { withOtherByte } from "./entry-bytes.ts";
import {
  actWith,
  type Engine,
  type ImageStore,
  imageStores,
  isLayer,
  loopbackNames,
  useBaseRegistry,
  useCacheService,
  useEngine,
} from "./support.ts";

// What is built on a desktop that only the cache has stands on it, or on a new one: `mode: prebuild` starts nothing,
// and still needs it in the engine.

const service = useCacheService();
const base = useBaseRegistry();

describe.each<ImageStore>(imageStores)("mode: prebuild on the %s image store", (store) => {
  const first = useEngine(store);
  const second = useEngine(store);

  /** The first engine's job has saved the desktop; the other settings are for a job that wants env on it. */
  async function savedDesktop() {
    service().reset();
    const desktop = {
      mode: "prebuild",
      "base-image": base().image,
      pull: "always",
      "headless-desktop": "optional",
      "cache-desktop-build": "true",
      "desktop-install-script":
        "head -c 16 /dev/urandom >/desktop; head -c 2500000 /dev/urandom >/desktop-large",
      "cache-version": salt(),
    };
    const saved = await actWith(first(), service(), desktop);
    expect(saved.exitCode).toBe(0);
    expect(layer(saved, "desktop")).toMatchObject({ source: "built", saved: true });
    service().reset();
    const both = {
      ...desktop,
      "cached-preflight": "cp /desktop /env; head -c 1500000 /dev/urandom >/env-large",
      "cache-container-build": "true",
    };
    return { saved, both };
  }

  /** The random bytes that a desktop has, and an env image has copied from the one it was built on. */
  const content = async (engine: Engine, result: Ran, name: string) =>
    engine.docker(
      ...["run", "--rm", "--entrypoint=cat", layer(result, name).reference],
      ...[name === "env" ? "/env" : "/desktop"],
    );

  test("env is built on the desktop that the cache has", async () => {
    const { saved, both } = await savedDesktop();
    const result = await actWith(second(), service(), both);
    expect(result.exitCode, result.log).toBe(0);
    expect(messages(result, "warning")).toEqual([]);
    expect(layer(result, "desktop").source).toBe("actions-cache");
    expect(layer(result, "env")).toMatchObject({ source: "built", saved: true, published: "" });
    expect(await content(second(), result, "env")).toBe(await content(first(), saved, "desktop"));
    expect(await loopbackNames(second())).toEqual([]);
    // nothing is fetched where nothing is missing
    await second().forget([layer(result, "env").key, layer(result, "desktop").key]);
    service().reset();
    const again = await actWith(second(), service(), both);
    expect(again.layers.map(({ name, source }) => [name, source])).toEqual([
      ["env", "actions-cache"],
    ]);
    expect(service().downloaded()).toBeLessThan(50_000);
    await service().evict(() => true);
  });

  // that altered bytes are met on either kind is in ./store
  test.runIf(store === "containerd")(
    "a desktop whose stored layer was altered is built anew, and saved",
    async () => {
      const { saved, both } = await savedDesktop();
      await service().alter(({ key }) => isLayer(key), withOtherByte);
      const result = await actWith(second(), service(), both);
      expect(result.exitCode, result.log).toBe(0);
      expect(messages(result, "warning")).toEqual([expect.stringMatching(/could not be pulled/)]);
      for (const name of ["desktop", "env"]) {
        expect(layer(result, name)).toMatchObject({ source: "built", saved: true });
      }
      const rebuilt = await content(second(), result, "desktop");
      expect(rebuilt).not.toBe(await content(first(), saved, "desktop"));
      expect(await content(second(), result, "env")).toBe(rebuilt);
      // and the next job has the new one
      await first().forget([layer(saved, "desktop").key]);
      const next = await actWith(first(), service(), {
        ...both,
        "cached-preflight": "cp /desktop /env",
      });
      expect(layer(next, "desktop").source).toBe("actions-cache");
      expect(await content(first(), next, "env")).toBe(rebuilt);
      await service().evict(() => true);
    },
  );
});
