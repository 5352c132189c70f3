import { createWriteStream } from "node:fs";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { megabytes } from "../log/text.ts";

/** Bytes that are kept of what a task writes: so many from its beginning, and so many from its end. */
export interface Bounds {
  readonly head: number;
  readonly tail: number;
}

/** More than anybody reads; a task that writes without end must not fill the runner's disk. */
const usualBounds: Bounds = { head: 64 * 1024 * 1024, tail: 4 * 1024 * 1024 };

export interface KeptFile {
  /** Undefined where it cannot be written on any more. */
  stream(): Writable | undefined;
  /** Ends it and waits until all of it has been written, or cannot be. */
  end(): Promise<void>;
}

/**
 * A file that a task writes while it runs, whole or, where that is too much, its beginning and its end. That it is cut
 * or cannot be written is a warning and stops nothing.
 *
 * @param note the line that stands for the bytes between beginning and end
 */
export function keptFile(
  path: string,
  what: string,
  warnings: string[],
  note: (bytes: number) => string,
  bounds = usualBounds,
): KeptFile {
  const file = createWriteStream(path, { flags: "a" }); // behind what the first container wrote
  const bounded = new HeadAndTail(file, note, bounds);
  let works = true;
  file.on("error", (error) => {
    works = false;
    warnings.push(`${what} could not be written: ${error.message}`);
  });
  return {
    stream: () => (works ? bounded : undefined),
    async end() {
      await ended(bounded);
      if (works && bounded.cut > 0) {
        warnings.push(`${what} was cut: ${megabytes(bounded.cut)} in its middle were left out`);
      }
    },
  };
}

/** What the task's containers write, one behind the other. */
export function keptTranscript(path: string, warnings: string[]): KeptFile {
  return keptFile(
    path,
    "the transcript",
    warnings,
    (bytes) => `Agent Runner: ${megabytes(bytes)} are left out here`,
  );
}

/** Ends a stream and waits until all of it has been written, or cannot be. */
export async function ended(stream: Writable): Promise<void> {
  stream.end();
  await finished(stream).catch(() => {}); // told already
}

/** Passes the beginning on and holds the end back. Cuts at line ends, where there are any. */
class HeadAndTail extends Writable {
  /** Bytes that are in neither. */
  cut = 0;
  readonly #file: Writable;
  readonly #note: (bytes: number) => string;
  readonly #tail: Ring;
  #headLeft: number;

  constructor(file: Writable, note: (bytes: number) => string, { head, tail }: Bounds) {
    super();
    this.#file = file;
    this.#note = note;
    this.#headLeft = head;
    this.#tail = new Ring(tail);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const fits = chunk.length <= this.#headLeft;
    const lines = chunk.lastIndexOf("\n", this.#headLeft - 1) + 1;
    const head = fits ? chunk.length : this.#headLeft > 0 && lines > 0 ? lines : this.#headLeft;
    this.#headLeft = fits ? this.#headLeft - head : 0;
    this.#tail.add(chunk.subarray(head));
    this.#pass(chunk.subarray(0, head), done);
  }

  override _final(done: () => void): void {
    const held = this.#tail.held();
    const lost = this.#tail.lost;
    const line = lost > 0 ? held.indexOf("\n") + 1 : 0;
    this.cut = lost + line;
    const note = Buffer.from(lost > 0 ? `${this.#note(this.cut)}\n` : "");
    this.#pass(Buffer.concat([note, held.subarray(line)]), () => {
      void ended(this.#file).then(done);
    });
  }

  /** At the file's pace. What a full disk does not take is told once, elsewhere. */
  #pass(bytes: Buffer, done: () => void): void {
    if (bytes.length === 0 || this.#file.destroyed) {
      done();
    } else {
      this.#file.write(bytes, () => done());
    }
  }
}

/** The last bytes of what was added, in memory that does not grow. */
class Ring {
  lost = 0;
  readonly #size: number;
  #bytes: Buffer | undefined;
  #at = 0;
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) {
      return;
    }
    this.#bytes ??= Buffer.alloc(this.#size);
    const kept = chunk.subarray(-this.#size);
    const first = kept.copy(this.#bytes, this.#at);
    kept.copy(this.#bytes, 0, first);
    this.#at = (this.#at + kept.length) % this.#size;
    const length = this.#length + chunk.length;
    this.#length = Math.min(length, this.#size);
    this.lost += length - this.#length;
  }

  held(): Buffer {
    const bytes = this.#bytes ?? Buffer.alloc(0);
    const start = this.#length < this.#size ? 0 : this.#at;
    return Buffer.concat([bytes.subarray(start, this.#length), bytes.subarray(0, start)]);
  }
}
