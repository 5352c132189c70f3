/** Time that all attempts of one kind share, so that retries never add up to a long wait. */
export interface Budget {
  /** Milliseconds left; never negative. */
  left(): number;
}

/** A budget of `ms` milliseconds that begins now. */
export function startBudget(ms: number, now: () => number = Date.now): Budget {
  const end = now() + ms;
  return { left: () => Math.max(0, end - now()) };
}
