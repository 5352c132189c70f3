/** One at a time across processes: vitest runs test files in parallel, and all of them want the same base image. */
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isAlive } from "../../scripts/shell.ts";

/** Runs `body` while no other process is inside the same lock file. A lock whose owner is gone is taken over. */
export async function withLock<T>(path: string, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    // An empty file is one whose owner is just about to write its number.
    if (owner > 0 && !(await isAlive(owner))) await rm(path, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await body();
  } finally {
    await rm(path, { force: true });
  }
}
