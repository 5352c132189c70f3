import { constants } from "node:fs";
import { type FileHandle, lstat, open, readlink, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import { quote } from "./problem.ts";

/** The file cannot be used; the message names it and says what to do. */
export class UnusableFile extends Error {}

/** Scripts and prompts above this size are no scripts and prompts: 16 MiB. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads a file that a setting names, relative to the workspace. A path that leads out of the
 * workspace is refused, by `..` as well as by a symbolic link: the workspace may be a stranger's
 * pull request. An absolute path is taken as it is: who calls sees to it that it is the workflow's own word.
 *
 * What is checked is what is read: the file is opened once, by its real path.
 *
 * @throws UnusableFile
 */
export async function readWorkspaceFile(workspace: string, path: string): Promise<Buffer> {
  try {
    const real = await realpath(resolve(workspace, path));
    const root = isAbsolute(path) ? "/" : await realpath(workspace);
    if (!isInside(root, real)) {
      throw new UnusableFile(`${quote(path)} leads out of the workspace`);
    }
    // a pipe that nobody writes to would be waited for, and a link that has come since be followed
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return await readOpened(file, path, root);
    } finally {
      await file.close();
    }
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
 * The bytes of an opened file, if it is a regular one of the folder.
 *
 * @param root real path of the folder
 * @throws UnusableFile
 */
export async function readOpened(file: FileHandle, path: string, root: string): Promise<Buffer> {
  const info = await file.stat();
  if (info.isDirectory()) {
    throw new UnusableFile(`${quote(path)} is a directory; a file is expected`);
  }
  if (!info.isFile()) {
    throw new UnusableFile(`${quote(path)} is not a regular file`);
  }
  // a folder on the way may have become a link since; where there is no /proc, the check before has to do
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (opened !== undefined && !isInside(root, opened)) {
    throw new UnusableFile(`${quote(path)} leads out of the workspace`);
  }
  // not by the size it says: the kernel's own files say 0, and others grow
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file.createReadStream({ end: maxBytes, autoClose: false })) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
  }
  if (length > maxBytes) {
    throw new UnusableFile(`${quote(path)} has more than ${maxBytes} bytes, and no more are read`);
  }
  return Buffer.concat(chunks);
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

/** Whether a path lies in a repository's own folder, or is it. */
export function isGits(path: string): boolean {
  return normalize(path).split("/").includes(".git");
}

/** The path of a file as annotations and messages show it: relative to the workspace where it lies in it. */
export function shownPath(workspace: string, path: string): string {
  const full = resolve(workspace, path);
  return isInside(workspace, full) ? relative(workspace, full) : join(path);
}
