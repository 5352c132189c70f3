/** What the worker process is asked for, over IPC. */
export interface Request {
  readonly id: number;
  readonly op: "restore" | "save" | "lookup";
  /** A literal name in the worker's folder; it is part of an entry's version, so it is the same everywhere. */
  readonly file: string;
  readonly key: string;
  /** The file that is restored has no more; 0 for what is not restored. */
  readonly maxBytes: number;
}

/** How an operation on the Actions cache ended, told apart where `@actions/cache` does not. */
export type Outcome =
  /** Restored or found; `key` is the entry's own, which the caller compares. */
  | { readonly outcome: "hit"; readonly key: string }
  | { readonly outcome: "miss" }
  /** `bytes` is the archive's size. */
  | { readonly outcome: "saved"; readonly bytes: number }
  /** Another job has it there, or is just sending it. */
  | { readonly outcome: "exists" }
  /** The job's token may not do this. */
  | { readonly outcome: "denied"; readonly why: string }
  | {
      readonly outcome: "broken";
      readonly why: string;
      /** The service does not work, and not just this entry: asking again would only cost time. */
      readonly service: boolean;
    };

/** What the worker says. */
export type Message =
  | { readonly ready: true }
  | { readonly id: number; readonly done: Outcome }
  /** Bytes moved so far; a sign of life. */
  | { readonly id: number; readonly moved: number };
