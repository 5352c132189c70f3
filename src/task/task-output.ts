import { Writable } from "node:stream";
import type { UntrustedOutput } from "../log/log.ts";
import type { RedactedPieces, Redactor } from "../log/redactor.ts";
import type { Shown } from "./agent-stream.ts";

type Chunk =
  | Buffer
  | string
  | { readonly group: string; readonly text?: string }
  | { readonly groupEnds: true };

/** Takes all that a task writes, in its order, to the transcript and to the log, at the pace of the slower one. */
export class TaskOutput extends Writable {
  readonly #transcript: () => Writable | undefined;
  readonly #log: UntrustedOutput;
  readonly #redact: Redactor["redact"];
  readonly #hidden: RedactedPieces;

  /**
   * @param transcript undefined where it cannot be written on any more
   * @param redactor for the transcript; the log has its own
   */
  constructor(transcript: () => Writable | undefined, log: UntrustedOutput, redactor: Redactor) {
    super({ objectMode: true, decodeStrings: false });
    this.#transcript = transcript;
    this.#log = log;
    this.#redact = redactor.redact;
    this.#hidden = redactor.pieces();
  }

  /** A line, or a longer text that the log folds away under its title. */
  async show(shown: Shown): Promise<void> {
    if ("asItIs" in shown) {
      await this.#put(shown.asItIs);
    } else if ("line" in shown) {
      await this.#put(`${shown.line}\n`);
    } else {
      // in one piece: standard error is written meanwhile, and would come to lie in the group
      const text = shown.text.endsWith("\n") ? shown.text : `${shown.text}\n`;
      await this.#put({ group: shown.title, text });
    }
  }

  beginGroup(title: string): Promise<void> {
    return this.#put({ group: title });
  }

  endGroup(): Promise<void> {
    return this.#put({ groupEnds: true });
  }

  #put(chunk: Chunk): Promise<void> {
    return new Promise((resolve) => {
      this.write(chunk, () => resolve());
    });
  }

  override _write(chunk: Chunk, _encoding: string, done: () => void): void {
    this.#take(chunk).then(done, () => done());
  }

  override _final(done: () => void): void {
    this.#keep(this.#hidden.rest()).then(done);
  }

  #keep(text: Buffer | string): Promise<void> {
    return text.length === 0 ? Promise.resolve() : put(this.#transcript(), text);
  }

  async #take(chunk: Chunk): Promise<void> {
    if (typeof chunk === "string" || Buffer.isBuffer(chunk)) {
      const kept = this.#hidden.take(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
      await Promise.all([this.#keep(kept), put(this.#log, chunk)]);
    } else if ("group" in chunk) {
      const { group, text = "" } = chunk;
      const shown = async () => {
        await this.#log.beginGroup(group);
        if (text !== "") {
          await put(this.#log, text);
          await this.#log.endGroup();
        }
      };
      const kept = async () => {
        await this.#keep(this.#hidden.rest());
        await this.#keep(this.#redact(`${group}\n${text}`));
      };
      await Promise.all([kept(), shown()]);
    } else {
      await this.#log.endGroup();
    }
  }
}

function put(stream: Writable | undefined, chunk: Buffer | string): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined || stream.destroyed) {
      resolve();
    } else {
      stream.write(chunk, () => resolve());
    }
  });
}
