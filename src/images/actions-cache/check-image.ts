import type { Engine } from "../../engine/engine.ts";
import type { LocalImage } from "../../engine/images.ts";
import { EngineTrouble } from "../../engine/trouble.ts";
import type { Layer } from "../../layers/layer.ts";
import { RegistryTrouble } from "../../registry/trouble.ts";
import { type Expected, inFull, whatIsWrong } from "../verify.ts";

/** What an image turned out to be, or what is wrong with it. */
export type Checked =
  | { readonly image: LocalImage; readonly wrong?: undefined }
  | { readonly wrong: string; readonly image?: undefined };

/**
 * Looks at an image that has just come into the engine. The engine's own word is not enough: containerd's
 * store tags an image whose parents are missing, and says that it was done. A container that can be created (it is not started) has all its layers.
 *
 * @param label for the throwaway container, so that `post` finds it when this process is killed
 */
export async function checkImage(
  { images, containers }: Engine,
  reference: string,
  layer: Layer,
  expected: Expected,
  label: string,
): Promise<Checked> {
  const image = await images.inspect(reference).catch((error: unknown) => {
    if (error instanceof EngineTrouble) {
      return error;
    }
    throw error;
  });
  if (image instanceof EngineTrouble) {
    return { wrong: image.message };
  }
  if (image === undefined) {
    return { wrong: "the engine does not have it, though it said so" };
  }
  const whole = await inFull(expected).catch((error: unknown) => {
    if (error instanceof RegistryTrouble) {
      return error; // whoever asks takes the image's name away again
    }
    throw error;
  });
  const wrong = whole instanceof RegistryTrouble ? whole.message : whatIsWrong(image, layer, whole);
  if (wrong !== undefined) {
    return { wrong };
  }
  const created = await containers.create({
    image: reference,
    entrypoint: "/agent-runner-check",
    command: [],
    network: "none",
    labels: [label],
  });
  if ("kind" in created) {
    return { wrong: `no container can be made of it: ${created.reason}` };
  }
  await containers.remove(created.id);
  return { image };
}
