import type { CacheEntries } from "./cache-entries.ts";
import type { Outcome } from "./protocol.ts";

export interface GivingUp extends CacheEntries {
  /** Why the service is not asked any more; undefined while it is. */
  failed(): string | undefined;
}

/**
 * Asks no more once the service itself has failed: `@actions/cache` tries each question for half a
 * minute, and one is enough.
 */
export function givingUp(entries: CacheEntries): GivingUp {
  let failure: Outcome | undefined;
  const guard =
    <T extends readonly unknown[]>(ask: (...question: T) => Promise<Outcome>) =>
    async (...question: T): Promise<Outcome> => {
      const done = failure ?? (await ask(...question));
      if (done.outcome === "broken" && done.service) {
        failure ??= done;
      }
      return done;
    };
  return {
    restore: guard(entries.restore),
    fetch: guard(entries.fetch),
    lookup: guard(entries.lookup),
    save: guard(entries.save),
    close: entries.close,
    failed: () => (failure?.outcome === "broken" ? failure.why : undefined),
  };
}
