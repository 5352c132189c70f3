import { withAdvice } from "../engine/advice.ts";
import type { Images } from "../engine/images.ts";

export interface PullOptions {
  /** Compressed bytes of all layers: a pull has only so much time for them. */
  readonly bytes: number;
  /** It never takes longer than this. */
  readonly limitMs: number;
  /** Ends it early: the step was cancelled. */
  readonly signal: AbortSignal;
  /** What is wrong with the pulled image, asked before it gets its name. */
  readonly check?: () => Promise<string | undefined>;
}

/**
 * Pulls an image and names it as the engine's own, so that the next task finds it without asking anybody. Answers
 * what went wrong, as the rest of a sentence about the image: `could not be pulled: …`.
 *
 * @param from a name with a digest, which the engine cannot read in two ways
 */
export async function pullAs(
  name: string,
  from: string,
  images: Images,
  { bytes, limitMs, signal, check }: PullOptions,
): Promise<string | undefined> {
  const refused = await images.pull(from, {
    limitMs: Math.min(limitMs, pullLimitMs(bytes)),
    signal,
  });
  if (refused !== undefined) {
    return `could not be pulled: ${withAdvice(refused)}`;
  }
  const wrong = await check?.();
  if (wrong !== undefined) {
    return `is not used: ${wrong}`;
  }
  const unnamed = await images.tag(from, name);
  return unnamed && `could not be named ${name}: ${unnamed.reason}`;
}

/**
 * How long a pull of so many compressed bytes may take: 15 s and 2 MB/s. A registry that is slower
 * than that hangs or drips, and a build that fetches packages from elsewhere is the better way.
 */
export function pullLimitMs(bytes: number): number {
  return 15_000 + bytes / 2_000;
}
