import type { Stats } from "node:fs";
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";

/** A path that may have bytes which are no text. */
export type AnyPath = string | Buffer;

const mostCopied = 20_000;

/**
 * Moves whatever is at a path, with all that is below it. Between file systems (the runner's temporary folder may be on
 * another than the workspace) it is a copy with the same modes, owners and times.
 *
 * @throws Error when it cannot be done; then all of it is still where it was, or already where it was to go
 */
export async function moveWhole(from: AnyPath, to: AnyPath): Promise<void> {
  await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") {
      throw error;
    }
    try {
      await copyWhole(from, to, { entries: mostCopied });
    } catch (wrong) {
      await removeWhole(to);
      throw wrong;
    }
    await removeWhole(from);
  });
}

/** What a rename would have kept, kept by a copy. */
async function copyWhole(from: AnyPath, to: AnyPath, room: { entries: number }): Promise<void> {
  const there = await lstat(from);
  room.entries -= 1;
  if (room.entries < 0) {
    throw new Error(`there is more than can be copied to another disk (${mostCopied} files)`);
  }
  if (there.isDirectory()) {
    await mkdir(to, { mode: 0o700 });
    for (const name of await readdir(from, { encoding: "buffer" })) {
      await copyWhole(below(from, name), below(to, name), room);
    }
  } else if (there.isSymbolicLink()) {
    await symlink(await readlink(from, { encoding: "buffer" }), to);
  } else if (there.isFile()) {
    await copyFile(from, to);
  } else {
    throw new Error("something is neither a file nor a link, and cannot be copied to another disk");
  }
  await makeLike(to, there);
}

async function makeLike(path: AnyPath, like: Stats): Promise<void> {
  if (process.getuid?.() === 0) {
    await lchown(path, like.uid, like.gid);
  }
  if (!like.isSymbolicLink()) {
    await chmod(path, like.mode & 0o7777);
  }
  await lutimes(path, like.atimeMs / 1000, like.mtimeMs / 1000);
}

/** Removes whatever is at a path, also where the task has closed its own folders. Follows no link. */
export async function removeWhole(path: AnyPath): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(async () => {
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  });
}

async function openFolders(path: AnyPath): Promise<void> {
  if ((await lstat(path)).isDirectory()) {
    await chmod(path, 0o700);
    for (const name of await readdir(path, { encoding: "buffer" })) {
      await openFolders(below(path, name));
    }
  }
}

function below(folder: AnyPath, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(folder as Buffer), Buffer.from("/"), name]);
}
