import type { Engine } from "../engine/engine.ts";
import type { LocalImage } from "../engine/images.ts";
import { EngineTrouble } from "../engine/trouble.ts";
import type { Layer } from "../layers/layer.ts";
import { absent, type Lookup, type Store, trouble } from "./store.ts";
import { type Expected, whatIsWrong } from "./verify.ts";

/** The engine's own images. */
export function localStore(engine: Engine): Store {
  const lookUp = async (layer: Layer, expected: Expected): Promise<Lookup> => {
    let image: LocalImage | undefined;
    try {
      image = await engine.images.inspect(layer.reference);
    } catch (error) {
      if (!(error instanceof EngineTrouble)) {
        throw error;
      }
      return trouble(error.message); // a damaged image is no reason to stop: it can be had elsewhere
    }
    if (image === undefined) {
      return absent("not in the engine");
    }
    const wrong = whatIsWrong(image, layer, expected);
    return wrong === undefined
      ? {
          hit: true,
          reference: image.id,
          parent: { reference: layer.reference, anywhere: false },
          digest: image.id,
          digests: [image.id, ...image.repoDigests.map((entry) => entry.replace(/^.*@/, ""))],
          created: image.created,
          user: image.user,
        }
      : trouble(`${layer.reference} in the engine is not used: ${wrong}`);
  };
  return {
    name: "local",
    title: "the engine",
    verb: "saved",
    policy: { write: false },
    isEngine: true,
    servesBuilders: true,
    probe: lookUp,
    restore: lookUp,
  };
}
