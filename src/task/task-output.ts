import { Writable } from "node:stream";
import type { UntrustedOutput } from "../log/log.ts";
import type { Shown } from "./agent-stream.ts";

/**
 * Takes all that a task writes, in its order, to the transcript and to the log, at the pace of the slower one.
 *
 * @param transcript undefined where it cannot be written on any more
 */
export class TaskOutput extends Writable {
  readonly #transcript: () => Writable | undefined;
  readonly #log: UntrustedOutput;

  constructor(transcript: () => Writable | undefined, log: UntrustedOutput) {
    super({ objectMode: true, decodeStrings: false });
    this.#transcript = transcript;
    this.#log = log;
  }

  /** A line, or a longer text that the log folds away under its title. */
  show(shown: Shown): Promise<void> {
    return new Promise((resolve) => {
      this.write(shown, () => resolve());
    });
  }

  override _write(chunk: Buffer | string | Shown, _encoding: string, done: () => void): void {
    this.#take(chunk).then(done, () => done());
  }

  async #take(chunk: Buffer | string | Shown): Promise<void> {
    if (typeof chunk === "string" || Buffer.isBuffer(chunk)) {
      await Promise.all([put(this.#transcript(), chunk), put(this.#log, chunk)]);
    } else if ("line" in chunk) {
      await this.#take(`${chunk.line}\n`);
    } else {
      const text = chunk.text.endsWith("\n") ? chunk.text : `${chunk.text}\n`;
      await Promise.all([
        put(this.#transcript(), `${chunk.title}\n${text}`),
        this.#log.fold(chunk.title, text),
      ]);
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
