import type { Images, LocalImage } from "../engine/images.ts";
import { EngineTrouble } from "../engine/trouble.ts";
import type { Refusal } from "../engine/words.ts";
import type { Layer } from "../layers/layer.ts";
import { RegistryTrouble } from "../registry/trouble.ts";
import { absent, type Lookup, trouble } from "./store.ts";
import { type Expected, inFull, whatIsWrong } from "./verify.ts";

/**
 * Has the engine pull a layer from a registry that it may get to where we do not: it knows hosts, certificates and
 * networks of its own. Its documents cannot be read before, so the image is checked once it is there.
 *
 * @param remote `host/path:key`
 * @returns the engine's refusal where it gets nothing either
 */
export async function restoreByEngine(
  images: Images,
  layer: Layer,
  expected: Expected,
  remote: string,
  patience: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Lookup | { readonly refused: Refusal }> {
  const refused = await images.pull(remote, patience);
  if (refused !== undefined) {
    return refused.kind === "absent" ? absent("not in the registry") : { refused };
  }
  const image = await images.inspect(remote).catch(troubleOnly);
  const wrong = await whyNot(image, layer, expected);
  const unnamed = wrong === undefined ? await images.tag(remote, layer.reference) : undefined;
  await images.remove(remote); // the name alone, where it has got ours
  if (wrong !== undefined || unnamed !== undefined || !isImage(image)) {
    return trouble(`${remote} is not used: ${wrong ?? unnamed?.reason}`);
  }
  const [named] = image.repoDigests.filter((one) =>
    one.startsWith(remote.replace(/:[^:/]*$/, "@")),
  );
  const digest = named?.replace(/^.*@/, "");
  return {
    hit: true,
    reference: image.id,
    parent: { reference: layer.reference, anywhere: false },
    digest: digest ?? image.id,
    digests: [image.id, ...(digest === undefined ? [] : [digest])],
    created: image.created,
    user: image.user,
  };
}

async function whyNot(
  image: LocalImage | Error | undefined,
  layer: Layer,
  expected: Expected,
): Promise<string | undefined> {
  if (!isImage(image)) {
    return image?.message ?? "it was pulled, but the engine does not have it";
  }
  const whole = await inFull(expected).catch(troubleOnly);
  return whole instanceof Error ? whole.message : whatIsWrong(image, layer, whole);
}

function isImage(image: LocalImage | Error | undefined): image is LocalImage {
  return image !== undefined && !(image instanceof Error);
}

function troubleOnly(error: unknown): Error {
  if (error instanceof RegistryTrouble || error instanceof EngineTrouble) {
    return error;
  }
  throw error;
}
