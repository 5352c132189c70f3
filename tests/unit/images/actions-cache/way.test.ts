import { expect, it } from "vitest";
import { firstInReach, OutOfReach, type Way } from "../../../../src/images/actions-cache/way.ts";
import { absent } from "../../../../src/images/store.ts";
import { base, envContent, layersOf, only } from "../../fakes.ts";

const layer = only(layersOf(envContent));
const expected = { platform: base.platform, baseDiffIds: base.diffIds };

/** A way that says its name, or throws. */
function wayCalled(name: string, restore: Way["restore"] = async () => absent(name)): Way {
  return {
    probe: async () => absent(name),
    restore,
    publish: async () => ({ outcome: "sent", why: name }),
  };
}

const outOfReach = async () => {
  throw new OutOfReach();
};

it("the first way is gone while the engine can, the other from then on", async () => {
  const way = firstInReach(wayCalled("first", outOfReach), wayCalled("other"));
  expect(await way.probe(layer, expected)).toMatchObject({ why: "first" });
  expect(await way.publish(layer, expected, false)).toMatchObject({ why: "first" });
  expect(await way.restore(layer, expected)).toMatchObject({ why: "other" });
  expect(await way.probe(layer, expected)).toMatchObject({ why: "other" });
  expect(await way.publish(layer, expected, false)).toMatchObject({ why: "other" });
});

it("two that find it out side by side both go the other way", async () => {
  const way = firstInReach(wayCalled("first", outOfReach), wayCalled("other"));
  const both = await Promise.all([way.restore(layer, expected), way.restore(layer, expected)]);
  expect(both).toEqual([absent("other"), absent("other")]);
});

it.each([
  [true, "other"],
  [false, "first"],
])(
  "where nothing is found and the engine is out of reach: %s, the way is the %s",
  async (is, why) => {
    let asked = 0;
    const way = firstInReach(wayCalled("first"), wayCalled("other"), async () => {
      asked += 1;
      return is;
    });
    expect(await way.restore(layer, expected)).toEqual(absent(why));
    expect(await way.publish(layer, expected, false)).toMatchObject({ why });
    expect(asked).toBe(1);
  },
);

it("any other trouble is no reason to change the way", async () => {
  const full = async () => {
    throw new Error("no space left on device");
  };
  const way = firstInReach(wayCalled("first", full), wayCalled("other"));
  await expect(way.restore(layer, expected)).rejects.toThrow("no space");
  expect(await way.probe(layer, expected)).toMatchObject({ why: "first" });
});
