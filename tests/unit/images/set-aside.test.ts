import { expect, it } from "vitest";
import { without } from "../../../src/images/set-aside.ts";
import type { Hit, Lookup, Store } from "../../../src/images/store.ts";
import { base, envContent, fakeStore, layersOf, only, sha } from "../fakes.ts";

const layer = only(layersOf(envContent));
const expected = { platform: base.platform, baseDiffIds: base.diffIds };
const hit = (digest: string, ...more: string[]): Hit => ({
  hit: true,
  reference: digest,
  parent: { reference: layer.reference, anywhere: false },
  digest,
  digests: [digest, ...more],
  user: "",
  created: 0,
});

function storeWith(found: Lookup) {
  const calls: string[] = [];
  const say = (what: string) => async () => {
    calls.push(what);
    return found;
  };
  const more: Partial<Store> = {
    probe: say("probe"),
    restore: say("restore"),
    newer: async () => (found.hit ? found : undefined),
  };
  return { store: fakeStore(more), calls };
}

it.each<[string, Hit, boolean]>([
  ["its own digest", hit(sha("a")), false],
  ["another name of it", hit(sha("b"), sha("a")), false],
  ["another image under the key", hit(sha("b"), sha("c")), true],
])("an image that was set aside is known by %s", async (_, found, isThere) => {
  const { store, calls } = storeWith(found);
  const [own] = without(new Set([sha("a")]), [store]);
  expect((await own?.probe(layer, expected))?.hit).toBe(isThere);
  expect((await own?.restore(layer, expected))?.hit).toBe(isThere);
  expect(await own?.newer?.(layer, expected, hit(sha("d")))).toBe(isThere ? found : undefined);
  // nothing is fetched of what is not used
  expect(calls.includes("restore")).toBe(isThere);
});

it("is no trouble, since it was told", async () => {
  const [own] = without(new Set([sha("a")]), [storeWith(hit(sha("a"))).store]);
  expect(await own?.probe(layer, expected)).toMatchObject({ hit: false, trouble: false });
});

it("what a store says of itself stays", async () => {
  const trouble: Lookup = { hit: false, why: "no", trouble: true };
  const [own] = without(new Set([sha("a")]), [storeWith(trouble).store]);
  expect(await own?.restore(layer, expected)).toBe(trouble);
  expect(without(new Set(), [fakeStore()])[0]).not.toHaveProperty("newer");
});
