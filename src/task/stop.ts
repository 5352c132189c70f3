import type { End } from "./ends.ts";
import type { TaskRequest } from "./request.ts";

type Reason = Exclude<End["ended"], "by itself">;

/** Tells when the task's time is over or the step is cancelled, and has ended what then runs. */
export interface Stop {
  readonly signal: AbortSignal;
  why(): End["ended"];
  /** The task's time counts from the first of these calls on. `end` never fails. */
  running(end: (reason: Reason) => Promise<void>): void;
  /** Nothing more is to be ended. Waits until what is being ended has ended. */
  settled(): Promise<void>;
}

export function stopOf(request: TaskRequest): Stop {
  const aborting = new AbortController();
  let why: End["ended"] = "by itself";
  let current: ((reason: Reason) => Promise<void>) | undefined;
  let ending: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const end = (reason: Reason) => {
    if (!aborting.signal.aborted) {
      why = reason;
      aborting.abort();
      ending = current?.(reason) ?? ending;
    }
  };
  const cancel = () => end("cancelled");
  request.cancelled.addEventListener("abort", cancel, { once: true });
  if (request.cancelled.aborted) {
    cancel();
  }
  return {
    signal: aborting.signal,
    why: () => why,
    running(ender) {
      current = ender;
      const minutes = request.job.settings["task-timeout"];
      if (minutes !== undefined) {
        timer ??= setTimeout(end, minutes * 60_000, "timeout");
      }
    },
    async settled() {
      clearTimeout(timer);
      request.cancelled.removeEventListener("abort", cancel);
      await ending;
    },
  };
}
