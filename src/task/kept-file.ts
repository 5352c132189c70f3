import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

/** A file that is written while a task runs, behind what it has already. That it cannot be written stops nothing. */
export function keptFile(path: string, what: string, warnings: string[]) {
  const file = createWriteStream(path, { flags: "a" });
  let works = true;
  file.on("error", (error) => {
    works = false;
    warnings.push(`${what} could not be written: ${error.message}`);
  });
  return {
    stream: () => (works ? file : undefined),
    end: () => (works ? ended(file) : Promise.resolve()),
  };
}

/** Ends a stream and waits until all of it has been written, or cannot be. */
export async function ended(stream: Writable): Promise<void> {
  stream.end();
  await finished(stream).catch(() => {}); // told already
}
