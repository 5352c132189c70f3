import { describe, expect, test } from "vitest";
import { layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { pathWithout } from "../support/path-with.ts";
import {
  actWith,
  counts,
  type Engine,
  type ImageStore,
  imageStores,
  loopbackNames,
  useBaseRegistry,
  useCacheService,
  useEngine,
} from "./support.ts";

const service = useCacheService();
const base = useBaseRegistry();

const big = (name: string) => `head -c 2500000 /dev/urandom >/${name}-large`;
const envOnBase = {
  "cached-preflight": `echo env >/env; ${big("env")}`,
  "cache-container-build": "true",
  command: "echo task: $(cat /env)",
};
const envOnDesktop = {
  ...envOnBase,
  "headless-desktop": "optional",
  "desktop-install-script": `echo desktop >/desktop; ${big("desktop")}`,
  "cache-desktop-build": "true",
  command: "echo task: $(cat /desktop /env)",
};

describe.each<ImageStore>(imageStores)("on the %s image store", (store) => {
  const first = useEngine(store);
  const second = useEngine(store);

  // the kinds of engine differ in how layers are pushed and pulled, of which the second case has more
  const cases: [string, Record<string, string>, string[], string][] = [
    ["env on base", envOnBase, ["env"], "task: env"],
    ["env on desktop", envOnDesktop, ["desktop", "env"], "task: desktop env"],
  ];
  test.each(store === "classic" ? cases : cases.slice(1))(
    "%s: cold, then restored from the cache alone",
    async (_name, settings, layers, line) => {
      const inputs = {
        ...settings,
        "base-image": base().image,
        pull: "always",
        "cache-version": salt(),
      };
      service().reset();
      const before = service().entries.length;
      // what a runner without zstd has saved is found by one that has it: both call the entries the same
      const tools = layers.length === 1 ? await pathWithout(/zstd/) : {};
      const env = { RUNNER_DEBUG: "1", ...tools };
      const cold = await actWith(first(), service(), inputs, { env });
      expect(
        cold.layers.map(({ name, source, saved, pushed }) => [name, source, saved, pushed]),
      ).toEqual(layers.map((name) => [name, "built", true, false]));
      expect(printed(cold)).toEqual([line]);
      expect(warningsOf(cold)).toEqual([]);
      expect(cold.summary).toMatch(/saved to the Actions cache<\/td><td>[\d.]+ MB in \d+ entries/);
      expect(cold.orphans).toEqual([]);
      // the way to the registry in front of the cache is a secret, also where every command is printed
      expect(cold.stdout).toMatch(/docker push 127\.0\.0\.1:\d+\/[0-9a-f]{16}-…\//);
      expect(cold.stdout).not.toMatch(/127\.0\.0\.1:\d+\/[0-9a-f]{16}-[0-9a-f]/);
      await nothingLeft(first());
      // one entry a layer's own large blob, one an image; of the base its name alone, and the desktop's once
      const saved = service().entries.slice(before);
      expect(saved).toHaveLength(layers.length * 2 + 1);
      expect(saved.filter(({ key }) => key.startsWith("agent-runner-base-"))).toHaveLength(1);
      expect(saved.every(({ size }) => size < 2_700_000)).toBe(true);

      for (const presence of ["absent", "present"]) {
        if (presence === "present") await second().docker("pull", "--quiet", base().image);
        service().reset();
        base().registry.requests.length = 0;
        const restored = await actWith(second(), service(), inputs);
        expect(printed(restored)).toEqual([line]);
        expect(warningsOf(restored)).toEqual([]);
        expect(restored.outputs).toMatchObject({
          "image-source": "actions-cache",
          "cache-hit": "true",
        });
        expect(counts(service()), presence).toEqual({
          GetCacheEntryDownloadURL: 1 + layers.length, // the image, and its large blobs
        });
        // the config, to name the keys; and the two layers, if the engine has not got them
        const fromBase = base().registry.requests.filter(({ path }) => path.includes("/blobs/"));
        expect(fromBase.length, presence).toBe(presence === "absent" ? 3 : 1);
        expect(service().downloaded()).toBeLessThan(layers.length * 2_600_000);
        await nothingLeft(second());
        await second().forget(keysOf(restored));
      }
      await second().docker("image", "rm", base().image);
    },
  );
});

function keysOf(result: Ran): string[] {
  return [...result.layers].reverse().map(({ name }) => layer(result, name).key);
}

/** No name of the loopback registry, no container, is left in an engine. */
async function nothingLeft(engine: Engine): Promise<void> {
  expect(await loopbackNames(engine)).toEqual([]);
  expect(await engine.docker("ps", "--all", "--quiet")).toBe("");
}

/** But for the desktop, whose install script here installs none. */
function warningsOf(result: Parameters<typeof messages>[0]): string[] {
  return messages(result, "warning").filter(
    (text) => !text.startsWith("the desktop did not start"),
  );
}
