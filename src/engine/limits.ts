import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Docker, Ended, LongOptions } from "./cli.ts";
import { keepTail } from "./tail.ts";
import { type Refusal, readRefusal, tookTooLong } from "./words.ts";

/** How a docker command with a time limit ended. */
export interface Limited extends Ended {
  readonly timedOut: boolean;
  /** It was ended because the step was cancelled, or what it was for. */
  readonly cancelled: boolean;
  readonly limitMs: number;
  /** The last of what it wrote on both streams, at most 16 KiB. */
  readonly tail: string;
}

/** For what may take as long as a network or a disk needs. */
export interface Patience {
  readonly limitMs: number;
  /** Ends it early: the step was cancelled. */
  readonly signal?: AbortSignal;
}

export interface LimitOptions extends Omit<LongOptions, "output" | "stdout"> {
  readonly limitMs: number;
  /** Gets both streams as they come, beside the tail. */
  readonly output?: Writable;
  /** Ends the command early, as its limit would. */
  readonly signal?: AbortSignal;
  /** It is a part of how a run ends: a cancel of the step does not end it. */
  readonly cleansUp?: boolean;
}

const tailBytes = 16 * 1024;
/** After TERM; BuildKit needs a moment to end what runs in its containers. */
const graceMs = 3_000;

/** Runs a docker command and ends it, with all it started, when its time is over or the step is cancelled. */
export async function runWithin(
  docker: Docker,
  args: readonly string[],
  { limitMs, output, signal: own, cleansUp = false, ...rest }: LimitOptions,
): Promise<Limited> {
  const ends = [own, cleansUp ? undefined : docker.cancelled];
  const signal = AbortSignal.any(ends.filter((one) => one !== undefined));
  const { stream: tee, text } = keepTail(tailBytes);
  if (output !== undefined) {
    tee.pipe(output, { end: false });
  }
  const running = docker.start(args, { ...rest, output: tee });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void running.end(graceMs).catch(() => {});
  }, limitMs);
  const abort = () => void running.end(graceMs).catch(() => {});
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) {
    abort();
  }
  try {
    const ended = await running.done;
    tee.end();
    await finished(tee); // a slow reader has had everything before the answer is there
    const cancelled = !timedOut && signal.aborted;
    return { ...ended, timedOut, cancelled, limitMs, tail: text() };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Why a command did not do what it was asked for: in its own words, or that its time was over; undefined when
 * it did.
 *
 * @param about the name that was asked about, which may have any words in it
 */
export function refusalOf(ended: Limited, about?: string): Refusal | undefined {
  if (ended.timedOut) {
    return { kind: "too slow", reason: tookTooLong(ended.limitMs) };
  }
  if (ended.cancelled && ended.code !== 0) {
    return { kind: "cancelled", reason: "the step was cancelled" };
  }
  return ended.code === 0 ? undefined : readRefusal(ended.tail, about);
}
