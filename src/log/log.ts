import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { endGroup, error, notice, setSecret, startGroup, warning } from "@actions/core";
import { harmless } from "./text.ts";

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
  /** Whether a GitHub runner reads along. */
  readonly onGitHub: boolean;
  readonly write: (chunk: string | Uint8Array) => boolean;
  /** Resolves when what was written has gone out; for backpressure. */
  readonly drained: () => Promise<void>;
}

const annotate = { notice, warning, error };

/** The log of a real run. */
export function standardOutputLog(onGitHub: boolean): Log {
  return createLog({
    onGitHub,
    write: (chunk) => process.stdout.write(chunk),
    drained: () => new Promise((resolve) => process.stdout.once("drain", () => resolve())),
  });
}

/** A log that writes wherever it is told. */
export function createLog(options: LogOptions): Log {
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
        line(`${kind}: ${where}${message}`);
        return;
      }
      const properties = {
        ...(place.file === undefined ? {} : { file: place.file }),
        ...(place.line === undefined ? {} : { startLine: place.line }),
      };
      annotate[kind](message, properties);
    });

  const log: Log = {
    info: (message) => say(() => line(harmless(message))),
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
        line(`${harmless(title)}`);
        return work();
      }
      say(() => startGroup(harmless(title)));
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
      const sink = createSink(options, (chunk) => {
        atLineStart = chunk.at(-1) === 0x0a;
      });
      const written = () => new Promise<unknown>((resolve) => sink.write("", resolve));
      const stream = Object.assign(sink, {
        async beginGroup(title: string) {
          await written();
          if (options.onGitHub && quarantined === 1) {
            command(() => startGroup(harmless(title)));
          } else {
            line(harmless(title));
          }
        },
        async endGroup() {
          await written();
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
function createSink({ write, drained }: LogOptions, onChunk: (chunk: Buffer) => void): Writable {
  return new Writable({
    async write(chunk: Buffer, _encoding, done) {
      if (chunk.length > 0) {
        onChunk(chunk);
        if (!write(chunk)) {
          await drained();
        }
      }
      done();
    },
  });
}
