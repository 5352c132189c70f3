/** Lets work begin in an order, and much of it at a time only while it is small. */
export interface Turns {
  /**
   * @param order lower begins first
   * @param size of the work, in bytes
   */
  take<T>(order: number, size: number, work: () => Promise<T>): Promise<T | undefined>;
  /** Work that has not begun never will: it answers undefined. */
  clear(): void;
}

/** An engine asks for all layers within a moment, in no order; so long the first is waited for. */
const gatherMs = 20;

/**
 * For layers on their way in: the engine unpacks them in their order, one by one. Fetched together,
 * all would arrive at the end; one after the other, it unpacks the first while the second arrives.
 *
 * @param together bytes that may be on their way side by side; a larger one goes alone
 */
export function turns(together: number): Turns {
  const waiting: { order: number; size: number; begin: (mayWork: boolean) => void }[] = [];
  let running = 0;
  const next = () => {
    waiting.sort((one, other) => one.order - other.order);
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (running > 0 && running + first.size > together) {
        return;
      }
      waiting.shift();
      running += first.size;
      first.begin(true);
    }
  };
  return {
    async take(order, size, work) {
      const mayWork = await new Promise<boolean>((begin) => {
        waiting.push({ order, size, begin });
        setTimeout(next, gatherMs);
      });
      if (!mayWork) {
        return undefined;
      }
      try {
        return await work();
      } finally {
        running -= size;
        next();
      }
    },
    clear() {
      for (const { begin } of waiting.splice(0)) {
        begin(false);
      }
    },
  };
}
