import type { Reference } from "../../keys/reference.ts";
import type { RegistryClient } from "../../registry/client.ts";
import { RegistryTrouble } from "../../registry/trouble.ts";
import { fetchImageEntry, parseJson, readSmall } from "./image-entry.ts";
import type { CacheSession } from "./session.ts";

/**
 * Reads an image's documents from its entry; the registry store asks this instead of the loopback
 * registry, which is the engine's. What the entry has is known to the session then.
 */
export function cacheClient(session: CacheSession): RegistryClient {
  const { entries, folder, blobs, images } = session;
  return {
    async manifest(image, tag) {
      if (entries.failed() !== undefined) {
        throw new RegistryTrouble("absent", "the Actions cache has failed"); // and was reported
      }
      const found = await fetchImageEntry(entries, folder, layerOf(image), tag);
      if ("absent" in found) {
        throw new RegistryTrouble("absent", "not in the Actions cache");
      }
      if ("denied" in found) {
        session.deny(found.denied);
        throw new RegistryTrouble("absent", "the Actions cache may not be read");
      }
      if ("wrong" in found) {
        throw new RegistryTrouble("unreachable", `the Actions cache is not used: ${found.wrong}`);
      }
      const { bundle, manifest, json } = found.entry;
      blobs.learn(bundle, manifest.layers);
      images.set(bundle.manifest, found.entry);
      return { digest: bundle.manifest, mediaType: "", json };
    },
    async config(_image, digest) {
      for (const { bundle } of images.values()) {
        const bytes = await readSmall(bundle, digest);
        if (bytes !== undefined) {
          return { digest, mediaType: "", json: parseJson(bytes) };
        }
      }
      throw new RegistryTrouble("invalid", "the Actions cache is not used: an image has no config");
    },
  };
}

/** `<secret>/agent-runner-env` → `env` */
function layerOf({ repository }: Reference): string {
  return (
    repository
      .split("/")
      .at(-1)
      ?.replace(/^agent-runner-/, "") ?? ""
  );
}
