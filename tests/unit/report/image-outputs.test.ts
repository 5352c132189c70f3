import { describe, expect, it } from "vitest";
import type { StartImage } from "../../../src/images/ladder.ts";
import type { LayerOutcome } from "../../../src/images/outcome.ts";
import type { Layer } from "../../../src/layers/layer.ts";
import { imageOutputs } from "../../../src/report/image-outputs.ts";
import { base, desktopContent, envContent, layersOf, only } from "../fakes.ts";

const contents = [desktopContent, envContent];
const layers = layersOf(...contents);
const named = (name: Layer["name"]) => only(layers.filter((layer) => layer.name === name));
const [desktop, env] = [named("desktop"), named("env")];

function outputs(
  outcomes: [layer: Layer, source: LayerOutcome["source"]][],
  more: Partial<StartImage> = {},
) {
  const image: StartImage = {
    reference: "sha256:1",
    source: "registry",
    digest: "sha256:1",
    user: "",
    provides: new Set(["desktop", "env"]),
    outcomes: outcomes.map(([layer, source]) => ({
      layer,
      source,
      shown: source,
      isHere: false,
      digest: undefined,
      why: "",
      ms: 1,
    })),
    ...more,
  };
  const planned = { baseImage: "debian:12", base, contents, layers };
  return imageOutputs(planned, image, new Map(), [{ name: "task", start: 1.4, end: 2.6 }]);
}

describe("the outputs about the image", () => {
  it("tell a hit: every cached layer was found and nothing was built", () => {
    expect(outputs([[env, "registry"]])["cache-hit"]).toBe("true");
    expect(
      outputs([
        [desktop, "local"],
        [env, "built"],
      ])["cache-hit"],
    ).toBe("false");
    const without = { provides: new Set(["desktop"] as const) };
    expect(
      outputs(
        [
          [desktop, "local"],
          [env, "failed"],
        ],
        without,
      )["cache-hit"],
    ).toBe("false");
  });

  it("have the base's digest, the source and whole milliseconds", () => {
    expect(outputs([[env, "registry"]])).toMatchObject({
      image: "sha256:1",
      "image-source": "registry",
      "base-digest": base.digest,
      timings: JSON.stringify([{ name: "task", start: 1, end: 3 }]),
    });
  });

  it("have the keys of the layers that were looked at", () => {
    const both = outputs([
      [desktop, "built"],
      [env, "built"],
    ]);
    expect(both).toMatchObject({ "desktop-key": desktop.key, "env-key": env.key });
  });

  // an env hit does not look the desktop up
  it("have the desktop's key on an env hit, too: the plan knows it", () => {
    expect(outputs([[env, "registry"]])).toMatchObject({
      "desktop-key": desktop.key,
      "env-key": env.key,
    });
  });
});
