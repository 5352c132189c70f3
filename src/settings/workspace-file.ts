import { lstat, readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { quote } from "./problem.ts";

/** The file cannot be used; the message names it and says what to do. */
export class UnusableFile extends Error {}

/** Scripts and prompts above this size are no scripts and prompts: 16 MiB. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads a file that a setting names, relative to the workspace. A path that leads out of the
 * workspace is refused, by `..` as well as by a symbolic link: the workspace may be a stranger's
 * pull request. An absolute path is the workflow author's own word and is taken as it is.
 *
 * @throws UnusableFile
 */
export async function readWorkspaceFile(workspace: string, path: string): Promise<Buffer> {
  const full = resolve(workspace, path);
  try {
    const info = await stat(full);
    if (info.isDirectory()) {
      throw new UnusableFile(`${quote(path)} is a directory; a file is expected`);
    }
    if (!info.isFile()) {
      throw new UnusableFile(`${quote(path)} is not a regular file`);
    }
    if (info.size > maxBytes) {
      throw new UnusableFile(`${quote(path)} has ${info.size} bytes; at most ${maxBytes} are read`);
    }
    if (!isAbsolute(path) && !isInside(await realpath(workspace), await realpath(full))) {
      throw new UnusableFile(`${quote(path)} leads out of the workspace`);
    }
    return await readFile(full);
  } catch (error) {
    if (error instanceof UnusableFile) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    throw new UnusableFile(
      code === "ENOENT" || code === "ENOTDIR"
        ? `${quote(path)} does not exist in ${workspace}`
        : `${quote(path)} cannot be read: ${code ?? error}`,
    );
  }
}

/**
 * Whether a path of the workspace leads out of it, by `..` or by a link: of what it names, as much as there is
 * counts. An absolute path is its author's own word.
 */
export async function leadsOut(workspace: string, path: string): Promise<boolean> {
  if (isAbsolute(path)) {
    return false;
  }
  let there = resolve(workspace, path);
  while ((await lstat(there).catch(() => undefined)) === undefined) {
    there = dirname(there);
  }
  // a link to nothing has no real path
  const real = await realpath(there).catch(() => undefined);
  return real === undefined || !isInside(await realpath(workspace), real);
}

/** Whether a path, both real, lies in a folder or is it. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The path of a file as annotations and messages show it: relative to the workspace where it lies in it. */
export function shownPath(workspace: string, path: string): string {
  const full = resolve(workspace, path);
  return isInside(workspace, full) ? relative(workspace, full) : join(path);
}
