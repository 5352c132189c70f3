import { lstat } from "node:fs/promises";

/**
 * The size of a file that came out of an entry; undefined for anything else. An entry is somebody's
 * archive: what it unpacks to may be a link to anywhere, or a pipe that is never at its end.
 */
export async function regularFileSize(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}
