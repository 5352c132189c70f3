import type { Parent } from "../build/build.ts";
import { withAdvice } from "../engine/advice.ts";
import type { Engine } from "../engine/engine.ts";
import type { Images, LocalImage } from "../engine/images.ts";
import type { Refusal } from "../engine/words.ts";
import { Trouble } from "../log/trouble.ts";
import type { Platform } from "../registry/documents.ts";
import { type Base, mustFit } from "./base.ts";

/** The base image cannot be had at all: the one thing no fall-back can replace. */
export class NoBase extends Trouble {}

export interface BaseWish {
  readonly reference: string;
  readonly pull: "always" | "missing" | "never";
  /** Undefined for the engine's own. */
  readonly platform: Platform | undefined;
  readonly limitMs: number;
  readonly login: () => Promise<void>;
  /** What came of a pull before, which is not tried again. */
  readonly refused?: Refusal | undefined;
}

/**
 * Sees to it that the base image is in the engine, because a container is going to be made of it, and
 * that it is for the platform. Answers what it is.
 *
 * @throws NoBase, WrongPlatform
 */
export async function bringBase(engine: Engine, wish: BaseWish): Promise<LocalImage> {
  const { reference } = wish;
  let image = await engine.images.inspect(reference);
  if (image === undefined) {
    await mustPull(engine, wish);
    image = await engine.images.inspect(reference);
  }
  if (image === undefined) {
    throw new NoBase(`the base image ${reference} was pulled, but the engine does not have it`);
  }
  mustFit(image.platform, wish.platform ?? (await engine.platform()), reference);
  return image;
}

async function mustPull(engine: Engine, wish: BaseWish): Promise<void> {
  const { reference } = wish;
  if (wish.pull === "never") {
    throw new NoBase(
      `the base image ${reference} is not in the engine, and \`pull: never\` does not pull it`,
    );
  }
  const refused = wish.refused ?? (await pullBase(engine, wish));
  if (refused !== undefined) {
    throw new NoBase(`the base image ${reference} could not be pulled: ${whyNotPulled(refused)}`);
  }
}

/** Has the engine pull the base as it is named. */
export async function pullBase(
  engine: Engine,
  { reference, platform, limitMs, login }: Omit<BaseWish, "pull" | "refused">,
): Promise<Refusal | undefined> {
  await login();
  return engine.images.pull(reference, { platform, limitMs });
}

/**
 * The base as something to build on. One from a registry has its digest in the name; a local image
 * gets a tag of its own, since BuildKit takes no image id, and the user's tag may move meanwhile.
 */
export async function baseParent(engine: Engine, base: Base): Promise<Parent> {
  if (!base.local) {
    return { reference: base.reference, anywhere: true };
  }
  return localParent(engine.images, base.reference, base.identity.sha256);
}

/** Gives an image of the engine's a name by which its own builder finds it. */
export async function localParent(
  images: Images,
  reference: string,
  sha256 = reference.replace(/^.*sha256:/, ""),
): Promise<Parent> {
  const name = `agent-runner-base:${sha256.slice(0, 16)}`;
  await images.tag(reference, name);
  return { reference: name, anywhere: false };
}

/** A registry says of a private image and of a name that is wrong the same. */
function whyNotPulled(refused: Refusal): string {
  const unclear = ["absent", "denied"].includes(refused.kind);
  return unclear
    ? `${refused.reason}. Check its name (\`base-image\`), and log in first if it is private`
    : withAdvice(refused);
}
