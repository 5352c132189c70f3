/** A named stretch of the run; times are milliseconds since its start. */
export interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface Timeline {
  /** Begins a span; `end()` closes it and answers how long it took. */
  start(name: string): { end(): number };
  /** Measures a piece of work, whether it succeeds or not. */
  measure<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Adds a span that was measured elsewhere; times are milliseconds since 1970. */
  record(name: string, from: number, to: number): void;
  /** Milliseconds since the start of the run. */
  elapsed(): number;
  /** Closed spans, in the order they began. */
  spans(): readonly Span[];
}

/**
 * @param now milliseconds on a clock that never goes back
 * @param origin when the run began, on that clock
 */
export function createTimeline(
  now: () => number = () => performance.now(),
  origin = now(),
): Timeline {
  const spans: { name: string; start: number; end: number | undefined }[] = [];
  const timeline: Timeline = {
    start(name) {
      const span: (typeof spans)[number] = { name, start: now() - origin, end: undefined };
      spans.push(span);
      return {
        end() {
          span.end ??= now() - origin;
          return span.end - span.start;
        },
      };
    },
    async measure(name, work) {
      const span = timeline.start(name);
      try {
        return await work();
      } finally {
        span.end();
      }
    },
    record(name, from, to) {
      // one clock gives the date, another never goes back: their difference is taken here and now
      const shift = now() - origin - Date.now();
      spans.push({ name, start: from + shift, end: to + shift });
    },
    elapsed: () => now() - origin,
    spans: () =>
      spans.flatMap(({ name, start, end }) => (end === undefined ? [] : [{ name, start, end }])),
  };
  return timeline;
}
