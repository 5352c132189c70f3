import { PassThrough } from "node:stream";

/** Takes a command's output, and keeps the last of it. */
export interface Tail {
  readonly stream: PassThrough;
  /** What was kept so far. */
  text(): string;
}

/** @param bytes at most so many are kept */
export function keepTail(bytes: number): Tail {
  const stream = new PassThrough();
  let kept = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-bytes);
  });
  return { stream, text: () => kept.toString("utf8") };
}
