import { copyFile, link, lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitOf } from "./head-commit.ts";
import type { NewRepository } from "./new-repository.ts";

/** Where the old commit has a name while the new one is fetched: git tells the server what it need not send. */
const names = "refs/before";

/**
 * Gives the new repository what the old one has, without a second copy on the disk: beside a checkout of the base, only
 * what the pull request changed has to be fetched. Of the old one it takes nothing but objects: they are data.
 *
 * @returns whether it has all the history of what was checked out, or a part; undefined where nothing could be taken
 */
export async function takeObjects(
  { folder }: NewRepository,
  before: string,
): Promise<"all" | "a part" | undefined> {
  const commit = await commitOf({ folder: before, common: before });
  const [from, to] = [join(before, "objects"), join(folder, "objects")];
  if (commit === undefined || (await isThere(join(from, "info", "alternates")))) {
    return undefined;
  }
  try {
    for (const name of await readdir(from)) {
      if (name === "pack") {
        await linkFiles(join(from, name), join(to, name), /^pack-[0-9a-f]+\.(?:pack|idx|rev)$/);
      } else if (/^[0-9a-f]{2}$/.test(name)) {
        await linkFiles(join(from, name), join(to, name), /^[0-9a-f]+$/);
      }
    }
    const shallow = join(before, "shallow");
    const isShallow = await isThere(shallow);
    if (isShallow) {
      await copyFile(shallow, join(folder, "shallow"));
    }
    await mkdir(join(folder, names));
    await writeFile(join(folder, names, "head"), `${commit}\n`);
    return isShallow ? "a part" : "all";
  } catch {
    // they are on another disk, or not this user's: all is fetched
    await rm(join(folder, "shallow"), { force: true });
    await forgetNames(folder);
    return undefined;
  }
}

/** Once the head is there, the old commit needs no name. */
export async function forgetNames(folder: string): Promise<void> {
  await rm(join(folder, names), { recursive: true, force: true });
}

async function linkFiles(from: string, to: string, wanted: RegExp): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of (await readdir(from)).filter((one) => wanted.test(one))) {
    if ((await lstat(join(from, name))).isFile()) {
      await link(join(from, name), join(to, name));
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() ?? false;
}
