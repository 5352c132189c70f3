import type { Parent } from "../build/build.ts";
import type { Docker } from "../docker.ts";
import { runWithin } from "../docker-limits.ts";
import { lastLine } from "../report/text.ts";
import { Trouble } from "../trouble.ts";
import { type Base, mustFit } from "./base.ts";
import { inspectImage, type LocalImage } from "./local-image.ts";
import { parsePlatform } from "./oci.ts";

/** The base image cannot be had at all: the one thing no fall-back can replace. */
export class NoBase extends Trouble {}

export interface BaseWish {
  readonly reference: string;
  readonly pull: "always" | "missing" | "never";
  readonly platform: string | undefined;
  readonly limitMs: number;
  readonly login: () => Promise<void>;
}

/**
 * Sees to it that the base image is in the engine, because a container is going to be made of it.
 * Answers what it is.
 *
 * @throws NoBase
 */
export async function bringBase(docker: Docker, wish: BaseWish): Promise<LocalImage> {
  const there = await inspectImage(docker, wish.reference);
  if (there !== undefined) {
    if (wish.platform !== undefined) {
      mustFit(there.platform, parsePlatform(wish.platform), wish.reference);
    }
    return there;
  }
  await wish.login();
  if (wish.pull === "never") {
    throw new NoBase(
      `the base image ${wish.reference} is not in the engine, and \`pull: never\` forbids to fetch it`,
    );
  }
  const platform = wish.platform === undefined ? [] : [`--platform=${wish.platform}`];
  const pulled = await runWithin(docker, ["pull", "--quiet", ...platform, wish.reference], {
    limitMs: wish.limitMs,
  });
  if (pulled.code !== 0) {
    const why = pulled.timedOut
      ? `it took longer than ${wish.limitMs / 1000} s`
      : lastLine(pulled.tail);
    throw new NoBase(
      `the base image ${wish.reference} could not be pulled: ${why}. Check its name (\`base-image\`), and log in first if it is private`,
    );
  }
  const image = await inspectImage(docker, wish.reference);
  if (image === undefined) {
    throw new NoBase(`the base image ${wish.reference} was pulled and is not in the engine`);
  }
  return image;
}

/**
 * The base as something to build on. One from a registry has its digest in the name; a local image
 * gets a tag of its own, since BuildKit takes no image id, and the user's tag may move meanwhile.
 */
export async function baseParent(docker: Docker, base: Base): Promise<Parent> {
  if (!base.local) {
    return { reference: base.reference, anywhere: true };
  }
  const name = `agent-runner-base:${base.identity.sha256.slice(0, 16)}`;
  await docker.ask("tag", base.reference, name);
  return { reference: name, anywhere: false };
}
