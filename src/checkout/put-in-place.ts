import { cp, lstat, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mayHaveLogin, withoutLogin } from "./git-login.ts";

/**
 * Puts the new repository where the old one was. What is kept of the old one are the folders of submodules, whose files
 * in the workspace lead there; a login that is in them is not.
 *
 * @param folder the new one's
 * @param old where the old one is put
 */
export async function putInPlace(workspace: string, folder: string, old: string): Promise<void> {
  const place = join(workspace, ".git");
  const hasOld = await isFolder(place);
  if (hasOld) {
    await move(place, old);
  }
  try {
    await move(folder, place);
    if (await isFolder(join(old, "modules"))) {
      await takeLogins(join(old, "modules"));
      await move(join(old, "modules"), join(place, "modules"));
    }
  } catch (error) {
    if (hasOld) {
      await rm(place, { recursive: true, force: true });
      await move(old, place);
    }
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function takeLogins(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "objects") {
      await takeLogins(path);
    } else if (entry.isFile() && mayHaveLogin(path)) {
      const text = await readFile(path, "latin1");
      if (withoutLogin(text) !== text) {
        await writeFile(path, withoutLogin(text), "latin1");
      }
    }
  }
}

/** Also onto another disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") {
      throw error;
    }
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    await rm(from, { recursive: true, force: true });
  }
}
