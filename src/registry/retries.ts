import pRetry from "p-retry";
import type { Budget } from "./budget.ts";
import { RegistryTrouble } from "./trouble.ts";

/**
 * Work whose time is spent from the budget, and which is given up when nothing is left.
 *
 * @param host named when it is given up
 * @param said what went wrong before, which says more than that the time is over
 * @throws RegistryTrouble (`unreachable`), besides what the work throws
 */
export function withinBudget<T>(
  budget: Budget,
  host: string,
  work: (deadline: AbortSignal) => Promise<T>,
  said: () => RegistryTrouble | undefined = () => undefined,
): Promise<T> {
  return budget.spend(async () => {
    const deadline = AbortSignal.timeout(Math.max(1, budget.left()));
    const late = () =>
      said() ??
      new RegistryTrouble(
        "unreachable",
        `${host} did not answer in the time there was for registries`,
      );
    const expired = new Promise<never>((_, reject) => {
      deadline.addEventListener("abort", () => reject(late()), { once: true });
    });
    try {
      return await Promise.race([work(deadline), expired]);
    } catch (error) {
      throw error instanceof RegistryTrouble ? error : deadline.aborted ? late() : error;
    }
  });
}

/** Tries again what may pass by itself, with jitter, as long as the budget lasts. */
export function withRetries<T>(
  budget: Budget,
  host: string,
  attempt: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  let last: RegistryTrouble | undefined;
  const tried = (signal: AbortSignal) =>
    pRetry(() => attempt(signal), {
      retries: 3,
      minTimeout: 500,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => error instanceof RegistryTrouble && error.transient,
      onFailedAttempt: async ({ error, retriesLeft }) => {
        last = error instanceof RegistryTrouble ? error : undefined;
        const wait = last?.retryAfterMs;
        if (wait !== undefined && retriesLeft > 0) {
          if (wait > budget.left()) {
            throw error;
          }
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      },
    });
  return withinBudget(budget, host, tried, () => last);
}
