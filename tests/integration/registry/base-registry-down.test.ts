import { beforeAll, expect, test } from "vitest";
import { act, layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { removeImages, removeLayers } from "../support/images.ts";
import { useRegistry } from "../support/registries.ts";
import { publishBase, sharing } from "../support/sharing.ts";

// The base's registry fails, and ours has the finished image: here they are one, which fails for the base alone.
const registry = useRegistry();
const version = salt();
const inputs = (more: Record<string, string> = {}) =>
  sharing(registry(), { "cache-version": version, push: "always", ...more });
let built: Ran;
let base: string;

beforeAll(async () => {
  base = await publishBase(registry());
  built = await act(inputs());
  expect(layer(built, "env")).toMatchObject({ source: "built", pushed: true });
});

test.each([
  ["local", 503],
  ["registry", 503],
  ["registry", 429],
])("is known from the image in %s, with one warning (%d)", async (source, status) => {
  if (source === "registry") {
    await removeLayers([layer(built, "env").key]);
  }
  await removeImages([base]);
  registry().fault = ({ path }) => (path.startsWith("/v2/base/") ? { status } : undefined);
  try {
    const result = await act(inputs());
    expect(layer(result, "env")).toMatchObject({ source, key: layer(built, "env").key });
    expect(result.outputs["base-digest"]).toBe(built.outputs["base-digest"]);
    expect(printed(result)).toEqual(printed(built));
    const from = source === "local" ? "the engine" : "the registry";
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(`answered ${status} .*${from} knows is used: sha256:`),
    ]);
  } finally {
    registry().fault = undefined;
  }
});
