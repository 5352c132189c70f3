/** Time that all requests of one kind share, so that retries never add up to a long wait. */
export interface Budget {
  /** Milliseconds left; never negative. */
  left(): number;
  /** Runs work whose time is spent from the budget; what runs side by side is counted once. */
  spend<T>(work: () => Promise<T>): Promise<T>;
}

/** A budget of `ms` milliseconds. Only time in requests counts: a build between them takes none of it. */
export function startBudget(ms: number, now = steadyMs): Budget {
  let spent = 0;
  let running = 0;
  let since = 0;
  return {
    left: () => Math.max(0, ms - spent - (running > 0 ? now() - since : 0)),
    async spend(work) {
      if (running === 0) {
        since = now();
      }
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        if (running === 0) {
          spent += now() - since;
        }
      }
    },
  };
}

/** At most `ms` of a budget, so that one silent server leaves something to those asked after it. */
export function partOf(whole: Budget, ms: number): Budget {
  const own = startBudget(ms);
  return {
    left: () => Math.min(own.left(), whole.left()),
    spend: (work) => own.spend(() => whole.spend(work)),
  };
}

/** Whole milliseconds, as timers want them, of a clock that nobody sets. */
function steadyMs(): number {
  return Math.round(performance.now());
}
