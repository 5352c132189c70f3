import type { Lookup, Store } from "../store.ts";

/** A way for images into the Actions cache and out of it: a store without its name and its policy. */
export type Way = Required<Pick<Store, "probe" | "restore" | "publish">>;

/** Thrown by a way that the engine cannot go, whatever its address looked like. */
export class OutOfReach extends Error {}

/**
 * Goes the first way until it turns out to be out of the engine's reach, and the other from then on.
 *
 * @param isOutOfReach asked where the first way found nothing: what the engine cannot reach has been saved the other way
 */
export function firstInReach(
  first: Way,
  other: Way,
  isOutOfReach: () => Promise<boolean> = async () => false,
): Way {
  let way = first;
  const go = async <T>(step: (way: Way) => Promise<T>): Promise<T> => {
    try {
      return await step(way);
    } catch (error) {
      if (!(error instanceof OutOfReach)) {
        throw error;
      }
      way = other;
      return step(other);
    }
  };
  const find = async (step: (way: Way) => Promise<Lookup>): Promise<Lookup> => {
    const found = await go(step);
    if (found.hit || found.trouble || way === other || !(await isOutOfReach())) {
      return found;
    }
    way = other;
    return step(other);
  };
  return {
    probe: (layer, expected) => find((way) => way.probe(layer, expected)),
    restore: (layer, expected) => find((way) => way.restore(layer, expected)),
    publish: (layer, expected, replace) => go((way) => way.publish(layer, expected, replace)),
  };
}
