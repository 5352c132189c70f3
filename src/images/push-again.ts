import pRetry from "p-retry";
import type { Images } from "../engine/images.ts";
import { readPushTrouble } from "../engine/push-words.ts";

export interface PushPatience {
  /** For all attempts together. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Before the second attempt, about; each later pause is twice as long. */
  readonly pauseMs?: number;
}

export type Push = Awaited<ReturnType<Images["push"]>>;

const again = 3;

/** Thrown within, so that the refusal is tried again. */
class Passing extends Error {
  readonly refusal: Push;

  constructor(refusal: Push) {
    super();
    this.refusal = refusal;
  }
}

/** Pushes an image, and again where what was refused may pass: three times more, as long as the limit lasts. */
export async function pushAgain(
  images: Images,
  name: string,
  { limitMs, signal, pauseMs = 1_000 }: PushPatience,
): Promise<Push> {
  const deadline = performance.now() + limitMs;
  const attempt = async (): Promise<Push> => {
    const left = Math.max(1, Math.round(deadline - performance.now()));
    const pushed = await images.push(name, { limitMs: left, signal });
    if (mayPass(pushed, name) && performance.now() < deadline) {
      throw new Passing(pushed);
    }
    return pushed;
  };
  let last: Push | undefined;
  try {
    return await pRetry(attempt, {
      retries: again,
      minTimeout: pauseMs,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => error instanceof Passing,
      onFailedAttempt: ({ error }) => {
        last = error instanceof Passing ? error.refusal : last;
      },
    });
  } catch (error) {
    // no attempt was left, or the cancel came in a pause: the last refusal is what is known
    if (last === undefined) {
      throw error;
    }
    return last;
  }
}

/** Of these the words may say that it passes; the others last, or ended it on purpose. */
const mayPassByKind: ReadonlySet<string> = new Set([
  "other",
  "registry unreachable",
  "rate limited",
]);

function mayPass(pushed: Push, name: string): boolean {
  return (
    "kind" in pushed &&
    mayPassByKind.has(pushed.kind) &&
    readPushTrouble(pushed.reason, name) === "may pass"
  );
}
