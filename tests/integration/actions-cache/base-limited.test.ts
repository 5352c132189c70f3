import { expect, test } from "vitest";
import { layer, messages, printed, salt } from "../support/act.ts";
import { actWith, useBaseRegistry, useCacheService, useEngine } from "./support.ts";

// The base's registry has had enough of us, as Docker Hub has: it tells no tag, and serves the layers all the same.

const base = useBaseRegistry();
const service = useCacheService();
const first = useEngine("classic");
const second = useEngine("classic");

test("the cache knows which base it was, and has the image", async () => {
  const inputs = {
    "base-image": base().image,
    pull: "always",
    "cached-preflight": "echo env >/env",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /env)",
  };
  const cold = await actWith(first(), service(), inputs);
  expect(layer(cold, "env")).toMatchObject({ source: "built", saved: true });
  base().registry.fault = ({ path, userAgent }) =>
    path.includes("/manifests/") && !userAgent.startsWith("docker/") ? { status: 429 } : undefined;
  const restored = await actWith(second(), service(), inputs);
  expect(printed(restored)).toEqual(["task: env"]);
  expect(restored.outputs).toMatchObject({
    "image-source": "actions-cache",
    "base-digest": cold.outputs["base-digest"],
    conclusion: "success",
  });
  expect(messages(restored, "warning")).toEqual([
    expect.stringMatching(/answered 429 .*the Actions cache knows is used: sha256:/),
  ]);
});
