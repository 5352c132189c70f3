import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Layer } from "../../layers/layer.ts";
import type { Expected } from "../verify.ts";
import { whatIsWrongWithArchive } from "./archive-check.ts";
import { type Checked, checkImage } from "./check-image.ts";
import { imageFile, imageKey } from "./entries/names.ts";
import { regularFileSize } from "./entries/regular-file.ts";
import { askForNewest } from "./image/newest-entry.ts";
import { maxBytes, whatIsTooMuch } from "./limits.ts";
import type { ActionsCacheOptions } from "./options.ts";
import { alreadyThere, badImage, missOf, notSaved, restored } from "./outcomes.ts";
import type { CacheSession } from "./session.ts";
import type { Way } from "./way.ts";

/**
 * The slow way, for an engine on another machine, which cannot reach our loopback: whole images, as
 * `docker save` and `docker load` have them. The cache compresses them with zstd.
 */
export function archiveWay(options: ActionsCacheOptions, session: CacheSession): Way {
  const { engine, limitMs, signal } = options;
  const { entries, folder } = session;
  const fileOf = (layer: Layer) => imageFile("archive", layer.name, layer.key);

  const look = async (layer: Layer) => {
    const none = await askForNewest(entries.lookup, fileOf(layer));
    return none && missOf(none, session.deny);
  };

  const load = async (path: string, layer: Layer, expected: Expected): Promise<Checked> => {
    const broken =
      (await regularFileSize(path)) === undefined
        ? "its entry has no such file"
        : await whatIsWrongWithArchive(path, layer.reference);
    if (broken !== undefined) {
      return { wrong: broken };
    }
    const refused = await engine.images.load(path, { limitMs, signal });
    const checked =
      refused === undefined
        ? await checkImage(engine, layer.reference, layer, expected, options.label)
        : { wrong: refused.reason };
    if (checked.wrong !== undefined) {
      // the name must not lead the next run to it
      await engine.images.remove(layer.reference);
    }
    return checked;
  };

  return {
    async probe(layer) {
      const { reference } = layer;
      const parent = { reference, anywhere: false };
      const unknown = { digest: "", digests: [], created: 0, user: "" }; // until it is loaded
      return (await look(layer)) ?? { hit: true, reference, parent, ...unknown };
    },
    async restore(layer, expected) {
      const file = fileOf(layer);
      const none = await askForNewest((name, key) => entries.restore(name, key, maxBytes), file);
      if (none !== undefined) {
        return missOf(none, session.deny);
      }
      const path = join(folder, file);
      const loaded = await load(path, layer, expected).finally(() =>
        rm(path, { force: true, recursive: true }),
      );
      if (loaded.wrong !== undefined) {
        session.stale.add(layer.key);
        return badImage(layer, `is not used: ${loaded.wrong}`);
      }
      return restored(layer, loaded.image, []);
    },
    async publish(layer, _expected, replace) {
      if (!replace && (await look(layer)) === undefined) {
        return alreadyThere();
      }
      const file = fileOf(layer);
      const path = join(folder, file);
      try {
        const refused = await engine.images.save(layer.reference, path, { limitMs, signal });
        const wrong = refused?.reason ?? (await whatIsWrongWithArchive(path, layer.reference));
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
    },
  };
}
