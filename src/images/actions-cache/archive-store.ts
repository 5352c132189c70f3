import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Layer } from "../../layers/layers.ts";
import { absent, type Lookup, type Published, trouble } from "../store.ts";
import type { Expected } from "../verify.ts";
import { whatIsWrongWithArchive } from "./archive-check.ts";
import { checkImage } from "./check-image.ts";
import { imageFile, imageKey, imageKeyPrefix, isImageKey } from "./entries/names.ts";
import type { Outcome } from "./entries/protocol.ts";
import { regularFileSize } from "./entries/regular-file.ts";
import { notSaved } from "./image/save-image.ts";
import { whatIsTooMuch } from "./limits.ts";
import type { CacheSession } from "./session.ts";
import type { ActionsCacheOptions } from "./store.ts";

/**
 * The slow way, for an engine on another machine, which cannot reach our loopback: whole images, as
 * `docker save` and `docker load` have them. The cache compresses them with zstd.
 */
export function archiveStore(options: ActionsCacheOptions, session: CacheSession) {
  const { engine, limitMs, signal } = options;
  const { entries, folder } = session;
  const fileOf = (layer: Layer) => imageFile("archive", layer.name, layer.key);

  const probe = async (layer: Layer): Promise<Lookup> => {
    if (entries.failed() !== undefined) {
      return absent("the Actions cache has failed"); // and was reported
    }
    const file = fileOf(layer);
    const found = await entries.lookup(file, imageKeyPrefix(file));
    if (found.outcome === "hit" && isImageKey(file, found.key)) {
      return {
        hit: true,
        reference: layer.reference,
        parent: { reference: layer.reference, anywhere: false },
        digest: "",
        digests: [],
        created: 0,
        user: "",
      };
    }
    return missOf(found, session);
  };

  const restore = async (layer: Layer, expected: Expected): Promise<Lookup> => {
    if (entries.failed() !== undefined) {
      return absent("the Actions cache has failed"); // and was reported
    }
    const file = fileOf(layer);
    const found = await entries.restore(file, imageKeyPrefix(file));
    if (found.outcome !== "hit" || !isImageKey(file, found.key)) {
      return missOf(found, session);
    }
    const path = join(folder, file);
    const wrong = await load(path, layer, expected).finally(() => rm(path, { force: true }));
    const image = wrong === undefined ? await engine.images.inspect(layer.reference) : undefined;
    if (image === undefined) {
      session.stale.add(layer.key);
      return trouble(`${layer.reference} in the Actions cache is not used: ${wrong}`);
    }
    return {
      hit: true,
      reference: image.id,
      parent: { reference: layer.reference, anywhere: false },
      digest: image.id,
      digests: [image.id],
      created: image.created,
      user: image.user,
    };
  };

  const load = async (path: string, layer: Layer, expected: Expected) => {
    const broken =
      (await regularFileSize(path)) === undefined
        ? "its entry has no such file"
        : await whatIsWrongWithArchive(path, layer.reference);
    if (broken !== undefined) {
      return broken;
    }
    const refused = await engine.images.load(path, { limitMs, signal });
    const wrong =
      refused === undefined
        ? (await checkImage(engine, layer.reference, layer, expected, options.label)).wrong
        : refused.reason;
    if (wrong !== undefined) {
      // the name must not lead the next run to it
      await engine.images.remove(layer.reference);
    }
    return wrong;
  };

  const publish = async (layer: Layer, replace: boolean): Promise<Published> => {
    if (!replace && (await probe(layer)).hit) {
      return { outcome: "already there", why: "another job has published it meanwhile" };
    }
    const file = fileOf(layer);
    const path = join(folder, file);
    try {
      const refused = await engine.images.save(layer.reference, path, { limitMs, signal });
      const wrong =
        refused === undefined
          ? await whatIsWrongWithArchive(path, layer.reference)
          : refused.reason;
      if (wrong !== undefined) {
        return { outcome: "failed", why: wrong };
      }
      const cargo = { bytes: (await stat(path)).size, entries: 1 };
      const tooMuch = whatIsTooMuch(cargo, session.saved);
      if (tooMuch !== undefined) {
        return { outcome: "denied", why: tooMuch };
      }
      const done = await entries.save(file, imageKey(file, (options.now ?? Date.now)()));
      return done.outcome === "saved"
        ? { outcome: "sent", saved: { bytes: done.bytes, entries: 1, whole: true } }
        : notSaved(done);
    } finally {
      await rm(path, { force: true });
    }
  };

  return { probe, restore, publish };
}

function missOf(found: Outcome, session: CacheSession): Lookup {
  if (found.outcome === "denied") {
    session.deny(found.why);
    return absent("the Actions cache may not be read");
  }
  return "why" in found
    ? trouble(`the Actions cache is not used: ${found.why}`)
    : absent("not in the Actions cache");
}
