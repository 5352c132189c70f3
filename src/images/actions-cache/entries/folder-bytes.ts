import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The bytes of all files in a folder. What goes while it is counted counts as nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
      return found?.size ?? 0;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
