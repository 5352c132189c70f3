import type { Layer } from "../layers/layer.ts";
import { type Manifest, parseConfig } from "../registry/documents.ts";
import type { Hit } from "./store.ts";
import { type Expected, whatIsWrong } from "./verify.ts";

/** What the documents of an image say of it, once they were found to be what the plan says. */
export interface Verified extends Pick<Hit, "digest" | "digests" | "created" | "user"> {
  /** Compressed bytes of all layers. */
  readonly bytes: number;
}

/**
 * Verifies an image by its documents, before any layer is fetched. Answers what is wrong with it, in words that
 * follow "it is not used". Pure.
 *
 * @param digest the manifest's
 * @param config the config's document
 */
export function verifyDocuments(
  digest: string,
  manifest: Manifest,
  config: unknown,
  layer: Layer,
  expected: Expected,
): Verified | { readonly wrong: string } {
  const image = parseConfig(config);
  if (image === undefined) {
    return { wrong: "its config is not an image config" };
  }
  const wrong = whatIsWrong(image, layer, expected);
  return wrong === undefined
    ? {
        digest,
        digests: [digest, manifest.config.digest],
        created: image.created,
        user: image.user,
        bytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
      }
    : { wrong };
}
