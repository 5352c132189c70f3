import { open } from "node:fs/promises";

/** How much of the transcript's end is read for the summary. */
const tailBytes = 32 * 1024;

/** The end of the transcript, however large it is: at most 32 KiB. */
export async function readTail(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8");
  } finally {
    await file.close();
  }
}
