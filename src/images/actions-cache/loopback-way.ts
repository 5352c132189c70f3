import type { LocalImage } from "../../engine/images.ts";
import { type Layer, repositoryOf } from "../../layers/layer.ts";
import { parseJson } from "../../log/json.ts";
import type { Descriptor } from "../../registry/documents.ts";
import { pullAs } from "../pulled.ts";
import type { Hit, Lookup, Miss } from "../store.ts";
import { type Verified, verifyDocuments } from "../verified.ts";
import { type Expected, inFull } from "../verify.ts";
import type { RunBlobs } from "./blobs/run-blobs.ts";
import { checkImage } from "./check-image.ts";
import { fetchImageEntry, readSmall } from "./image/image-entry.ts";
import { saveImage } from "./image/save-image.ts";
import { whatIsTooLarge } from "./limits.ts";
import type { Served } from "./loopback/serving.ts";
import type { ActionsCacheOptions } from "./options.ts";
import { alreadyThere, badImage, missOf, restored } from "./outcomes.ts";
import type { CacheSession } from "./session.ts";
import { OutOfReach, type Way } from "./way.ts";

/** What an image's entry says, checked. */
interface Found extends Verified {
  readonly hit: true;
  readonly layers: readonly Descriptor[];
}

/**
 * Images layer by layer, through a registry on loopback that keeps its blobs in the cache: the engine's own push and
 * pull do the work, and skip what is there.
 */
export function loopbackWay(options: ActionsCacheOptions, session: CacheSession): Way {
  const { engine, label, limitMs, signal, now = Date.now } = options;
  const { entries, blobs, folder, registry, stale } = session;

  /** Reads the image's entry and checks what it says, before any layer is fetched. */
  const look = async (layer: Layer, expected: Expected): Promise<Found | Miss> => {
    const read = await fetchImageEntry(entries, folder, layer.name, layer.key);
    if (!("entry" in read)) {
      return missOf(read, session.deny);
    }
    const { bundle, manifest } = read.entry;
    blobs.learn(bundle, manifest.layers);
    const tooLarge = whatIsTooLarge(
      manifest.layers
        .filter(({ digest }) => !blobs.ofBase(digest))
        .reduce((sum, { size }) => sum + size, 0),
    );
    if (tooLarge !== undefined) {
      return badImage(layer, `is not used: ${tooLarge}`);
    }
    const config = await readSmall(bundle, manifest.config.digest);
    if (config === undefined) {
      return missOf({ wrong: "an image has no config" }, session.deny);
    }
    const json = parseJson(config.toString("utf8"));
    const found = verifyDocuments(bundle.manifest, manifest, json, layer, await inFull(expected));
    return "wrong" in found
      ? badImage(layer, `is not used: ${found.wrong}`)
      : { ...found, hit: true, layers: manifest.layers };
  };

  /** The engine's address looked as if it were here, and it is not: in a virtual machine, say, or behind a forwarded socket. */
  const isUnreached = ({ contacted }: Served) => !contacted() && !signal.aborted;

  /** Has the engine pull an image that was found. */
  const bring = async (
    served: Served,
    layer: Layer,
    expected: Expected,
    { digest, digests, bytes }: Found,
  ): Promise<Lookup> => {
    const repository = `${served.address}/${repositoryOf(layer.name)}`;
    const from = `${repository}@${digest}`;
    let image: LocalImage | undefined;
    const check = async () => {
      const checked = await checkImage(engine, from, layer, expected, label);
      image = checked.image;
      return checked.wrong;
    };
    const pull = { bytes, limitMs, signal, check };
    const wrong = await pullAs(layer.reference, from, engine.images, pull);
    const why = blobs.trouble();
    if (wrong === undefined && image !== undefined) {
      await engine.images.remove(from);
      return restored(layer, image, digests);
    }
    await engine.images.forget(repository);
    await blobs.breakOff(); // or the next layer would have to wait for this one's
    if (isUnreached(served)) {
      throw new OutOfReach();
    }
    const because = why === undefined ? "" : ` (${why})`;
    return badImage(layer, `${withoutAddress(wrong ?? "", served.address)}${because}`);
  };

  /** Has the engine push its image. Answers the digest of the manifest that came. */
  const receive = async (served: Served, layer: Layer) => {
    const remote = `${served.address}/${layer.reference}`;
    await engine.images.tag(layer.reference, remote);
    const sent = await engine.images.push(remote, { limitMs, signal });
    await engine.images.remove(remote);
    if ("kind" in sent) {
      if (isUnreached(served)) {
        throw new OutOfReach();
      }
      const why = withoutAddress(sent.reason, served.address);
      return { wrong: `${layer.reference} could not be pushed: ${why}` };
    }
    const digest = served.pushed(layer.reference);
    return digest === undefined ? { wrong: "the engine sent no manifest" } : { digest };
  };

  return {
    async probe(layer, expected) {
      const found = await look(layer, expected);
      if (!found.hit) {
        return found;
      }
      const lost = await missingLayer(blobs, found.layers);
      if (lost !== undefined) {
        stale.add(layer.key);
        return badImage(layer, `is not used: its layer ${lost} is no longer there`);
      }
      // as it is called once it is restored
      const { reference } = layer;
      return { ...found, reference, parent: { reference, anywhere: false } } satisfies Hit;
    },
    async restore(layer, expected) {
      const found = await look(layer, expected);
      const done = found.hit
        ? await registry
            .use((served) => bring(served, layer, expected, found))
            .finally(() => blobs.free())
        : found;
      if (!done.hit && done.trouble && entries.failed() === undefined) {
        stale.add(layer.key);
      }
      return done;
    },
    async publish(layer, expected, replace) {
      const there = replace ? undefined : await look(layer, expected);
      if (there?.hit) {
        return alreadyThere(there.digest);
      }
      try {
        const received = await registry.use((served) => receive(served, layer));
        if (received.digest === undefined) {
          return { outcome: "failed", why: received.wrong };
        }
        const before = session.saved;
        const tools = { entries, blobs, folder, now, before, signal };
        return await saveImage(layer, received.digest, tools);
      } finally {
        await blobs.free();
      }
    },
  };
}

/** The first layer that a whole image would have and that is nowhere to be had. */
async function missingLayer(
  blobs: RunBlobs,
  layers: readonly Descriptor[],
): Promise<string | undefined> {
  const wanted = layers
    .map(({ digest }) => digest)
    .filter((digest) => !blobs.ofBase(digest) && blobs.stored(digest) === undefined);
  const there = await Promise.all(wanted.map((digest) => blobs.inCache(digest)));
  return wanted.find((_, index) => !there[index]);
}

/** The engine's words, without an address that is nobody's business. */
function withoutAddress(text: string, address: string): string {
  const [, secret = address] = address.split("/");
  return text.replaceAll(`${address}/`, "").replaceAll(secret, "…");
}
