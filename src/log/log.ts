import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { endGroup, error, notice, setSecret, startGroup, warning } from "@actions/core";
import type { RedactedPieces, Redactor } from "./redactor.ts";
import { harmless, plain } from "./text.ts";

/** Where a message belongs in the user's files; GitHub shows it there. */
export interface Place {
  /** Relative to the workspace. */
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
}

/** What the user reads while it happens. */
export interface Log {
  info(message: string): void;
  notice(message: string, place?: Place): void;
  warning(message: string, place?: Place): void;
  error(message: string, place?: Place): void;
  /** Hides a secret in all that follows. */
  mask(secret: string): void;
  group<T>(title: string, work: () => Promise<T>): Promise<T>;
  /**
   * Runs work whose output is not ours: what it writes to `output` cannot be a workflow command.
   * Our own messages wait until it is over; while commands are stopped they would be printed as
   * they are, a secret to be masked among them.
   */
  untrusted<T>(work: (output: UntrustedOutput) => Promise<T>): Promise<T>;
}

/** Takes output that is not ours. */
export interface UntrustedOutput extends Writable {
  /** What is written from here to `endGroup` is folded away behind a title, which can be no workflow command. */
  beginGroup(title: string): Promise<void>;
  endGroup(): Promise<void>;
}

export interface LogOptions {
  /** Whatever is written goes through it first. */
  readonly redactor: Redactor;
  /** Whether a GitHub runner reads along. */
  readonly onGitHub: boolean;
  readonly write: (chunk: string | Uint8Array) => boolean;
  /** Resolves when what was written has gone out; for backpressure. */
  readonly drained: () => Promise<void>;
}

const annotate = { notice, warning, error };

/** The log of a real run. */
export function standardOutputLog(onGitHub: boolean, redactor: Redactor): Log {
  return createLog({
    redactor,
    onGitHub,
    write: (chunk) => process.stdout.write(chunk),
    drained: () => new Promise((resolve) => process.stdout.once("drain", () => resolve())),
  });
}

/** A log that writes wherever it is told. */
export function createLog(options: LogOptions): Log {
  const { redact } = options.redactor;
  /** Redacted without its escapes: a colour may part a secret. */
  const shown = (text: string) => harmless(redact(plain(text)));
  let quarantined = 0;
  let token = "";
  let atLineStart = true;
  const held: (() => void)[] = [];
  /** GitHub's runner knows one token at a time. */
  const stopCommands = () => {
    token = randomBytes(16).toString("hex");
    line(`::stop-commands::${token}`);
  };
  const resumeCommands = () => {
    if (!atLineStart) {
      options.write("\n"); // or the end token would stand behind the task's last words
      atLineStart = true;
    }
    if (options.onGitHub) {
      line(`::${token}::`);
    }
  };
  /** Our own commands stand between two quarantines; beside another one they have to wait, so there is no group. */
  const command = (act: () => void) => {
    if (options.onGitHub && quarantined === 1) {
      resumeCommands();
      act();
      stopCommands();
    }
  };
  const say = (message: () => void) => {
    if (quarantined > 0) {
      held.push(message);
    } else {
      message();
    }
  };
  const line = (text: string) => options.write(`${text}\n`);
  const resume = () => {
    resumeCommands();
    for (const message of held.splice(0)) {
      message();
    }
  };
  const tell = (kind: "notice" | "warning" | "error", message: string, place: Place = {}) =>
    say(() => {
      if (!options.onGitHub) {
        const where = place.file === undefined ? "" : `${place.file}:${place.line ?? 1}: `;
        line(`${kind}: ${where}${redact(message)}`);
        return;
      }
      const properties = {
        ...(place.file === undefined ? {} : { file: place.file }),
        ...(place.line === undefined ? {} : { startLine: place.line }),
      };
      annotate[kind](redact(message), properties);
    });

  const log: Log = {
    info: (message) => say(() => line(shown(message))),
    notice: (message, place) => tell("notice", message, place),
    warning: (message, place) => tell("warning", message, place),
    error: (message, place) => tell("error", message, place),
    mask(secret) {
      if (options.onGitHub && secret !== "") {
        say(() => setSecret(secret));
      }
    },
    async group(title, work) {
      if (!options.onGitHub) {
        line(shown(title));
        return work();
      }
      say(() => startGroup(shown(title)));
      try {
        return await work();
      } finally {
        say(() => endGroup());
      }
    },
    async untrusted(work) {
      if (quarantined === 0 && options.onGitHub) {
        stopCommands();
      }
      quarantined += 1;
      const sink = new Sink(options, (chunk) => {
        atLineStart = chunk.at(-1) === 0x0a;
      });
      const stream = Object.assign(sink, {
        async beginGroup(title: string) {
          await sink.passAll();
          if (options.onGitHub && quarantined === 1) {
            command(() => startGroup(shown(title)));
          } else {
            line(shown(title));
          }
        },
        async endGroup() {
          await sink.passAll();
          command(() => endGroup());
        },
      });
      try {
        return await work(stream);
      } finally {
        await new Promise<void>((resolve) => stream.end(resolve));
        quarantined -= 1;
        // the runner knows one token at a time: only the last one out resumes commands
        if (quarantined === 0) {
          resume();
        }
      }
    },
  };
  return log;
}

/** The one writer of foreign output; it goes at the reader's pace. */
class Sink extends Writable {
  readonly #hidden: RedactedPieces;
  readonly #options: LogOptions;
  readonly #onChunk: (chunk: Buffer) => void;

  constructor(options: LogOptions, onChunk: (chunk: Buffer) => void) {
    super();
    this.#options = options;
    this.#onChunk = onChunk;
    this.#hidden = options.redactor.pieces();
  }

  /** Writes what waits, too: something else comes in between. */
  async passAll(): Promise<void> {
    await new Promise<unknown>((resolve) => this.write("", resolve));
    await this.#put(this.#hidden.rest());
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#put(this.#hidden.take(chunk)).then(done);
  }

  override _final(done: () => void): void {
    this.#put(this.#hidden.rest()).then(done);
  }

  async #put(chunk: Buffer): Promise<void> {
    if (chunk.length > 0) {
      this.#onChunk(chunk);
      if (!this.#options.write(chunk)) {
        await this.#options.drained();
      }
    }
  }
}
