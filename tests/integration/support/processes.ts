import { readdir, readFile } from "node:fs/promises";

/** For a `sleep` that a test finds again among all others: hours, and no other test's. */
export function someSeconds(): string {
  return String(10_000 + Math.floor(Math.random() * 80_000));
}

/** Command lines on this machine, those inside of containers and builds included. */
export async function processesWith(words: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.map((line) => line.replaceAll("\0", " ")).filter((line) => line.includes(words));
}
