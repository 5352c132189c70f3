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
  /** Milliseconds since the start of the run. */
  elapsed(): number;
  /** Closed spans, in the order they began. */
  spans(): readonly Span[];
}

/** @param now milliseconds on a clock that never goes back */
export function createTimeline(now: () => number = () => performance.now()): Timeline {
  const origin = now();
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
    elapsed: () => now() - origin,
    spans: () =>
      spans.flatMap(({ name, start, end }) => (end === undefined ? [] : [{ name, start, end }])),
  };
  return timeline;
}
