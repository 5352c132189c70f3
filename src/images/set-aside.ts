import { absent, type Hit, type Lookup, type Store } from "./store.ts";

/**
 * The same stores, in which images of these digests are not found: they were, and no container begins from them.
 * They are looked at before they are brought, so that what is not used is not fetched either.
 */
export function without(digests: ReadonlySet<string>, stores: readonly Store[]): readonly Store[] {
  const isOut = (hit: Hit) => [hit.digest, ...hit.digests].some((digest) => digests.has(digest));
  const checked = (found: Lookup): Lookup =>
    found.hit && isOut(found) ? absent("what was found cannot be started") : found;
  return stores.map((store): Store => {
    const { newer } = store;
    const probe: Store["probe"] = async (layer, expected) =>
      checked(await store.probe(layer, expected));
    return {
      ...store,
      probe,
      async restore(layer, expected) {
        const seen = await probe(layer, expected);
        return seen.hit ? checked(await store.restore(layer, expected)) : seen;
      },
      ...(newer !== undefined && {
        async newer(layer, expected, found) {
          const hit = await newer(layer, expected, found);
          return hit && !isOut(hit) ? hit : undefined;
        },
      }),
    };
  });
}
