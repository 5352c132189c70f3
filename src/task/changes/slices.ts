import { setImmediate as nextTurn } from "node:timers/promises";

/** How long other work waits at a time. */
const sliceMs = 5;

/** Lets other work have its turn now and then. */
export function inSlices(): (signal?: AbortSignal) => Promise<void> | undefined {
  let since = performance.now();
  return (signal) => {
    if (performance.now() - since < sliceMs) {
      return undefined;
    }
    signal?.throwIfAborted();
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}
