import { type Dirent, lstatSync, readlinkSync } from "node:fs";
import {
  chmod,
  copyFile,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { mayHaveLogin, withoutLogin } from "../../checkout/git-login.ts";
import { isInside } from "../../settings/workspace-file.ts";
import { readSafely } from "./content.ts";
import { copyRefs } from "./copy-refs.ts";

/** A repository that is checked out in the workspace, found before the task. */
export interface Checkout {
  /** Where git keeps it: `.git`, unless that is a file or a link. */
  readonly folder: string;
  /** Where objects and references are: another folder for a working tree beside the repository's own. */
  readonly common: string;
  /** Its folder as a path of the workspace; undefined where it is somewhere else, out of the task's reach. */
  readonly inside: string | undefined;
}

/** What stands at `.git`, where it is not the repository's folder: it is put back after the task. */
export const gitEntrySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("nothing") }),
  z.object({ kind: z.literal("folder") }),
  z.object({ kind: z.literal("link"), text: z.string() }),
  z.object({ kind: z.literal("file"), text: z.string() }),
]);
export type GitEntry = z.output<typeof gitEntrySchema>;

const mostPointer = 16_384;

export function gitEntryOf(workspace: string): GitEntry {
  const path = join(workspace, ".git");
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) {
    return { kind: "link", text: readlinkSync(path) };
  }
  if (there?.isFile()) {
    return { kind: "file", text: readSafely(path, mostPointer) ?? "" };
  }
  return { kind: there === undefined ? "nothing" : "folder" };
}

/**
 * Puts back what stood at `.git`. What the task has put there is moved away: git would take its settings for the user's.
 *
 * @param aside where it is moved to
 * @returns whether there was something to put back
 */
export async function restoreGitEntry(
  workspace: string,
  entry: GitEntry,
  aside: string,
): Promise<boolean> {
  const path = join(workspace, ".git");
  if (isDeepStrictEqual(gitEntryOf(workspace), entry) || entry.kind === "folder") {
    return false;
  }
  await rm(aside, { recursive: true, force: true });
  await rename(path, aside).catch(() => rm(path, { recursive: true, force: true }));
  if (entry.kind === "link") {
    await symlink(entry.text, path);
  } else if (entry.kind === "file") {
    await writeFile(path, entry.text, { encoding: "latin1", flag: "wx" });
  }
  const { uid, gid } = await stat(workspace);
  if (entry.kind !== "nothing" && process.getuid?.() === 0) {
    await lchown(path, uid, gid);
  }
  return true;
}

/** Finds the repository of a workspace as git would; undefined where there is none. */
export async function checkoutOf(
  workspace: string,
  entry: GitEntry,
): Promise<Checkout | undefined> {
  if (entry.kind === "nothing") {
    return undefined;
  }
  const [, pointer] = entry.kind === "file" ? (/^gitdir: (.+?)\n*$/.exec(entry.text) ?? []) : [];
  const named = entry.kind === "file" ? pointer : ".git";
  if (named === undefined) {
    return undefined;
  }
  try {
    const root = await realpath(workspace);
    const folder = await realpath(resolve(root, named));
    const commonName = await readFile(join(folder, "commondir"), "utf8").catch(() => ".");
    const common = await realpath(resolve(folder, commonName.trimEnd()));
    const isBelow = isInside(root, folder) && folder !== root;
    return { folder, common, inside: isBelow ? relative(root, folder) : undefined };
  } catch {
    return undefined;
  }
}

/** Whether every user of a container may read a repository's objects. */
export async function isOpenToAll({ folder, common }: Checkout): Promise<boolean> {
  const paths = [folder, common, join(common, "objects"), join(common, "objects", "pack")];
  const modes = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return modes.every((there) => there === undefined || (there.mode & 0o005) === 0o005);
}

/** More beside the objects than this is not copied. */
const mostFiles = 50_000;
const mostBytes = 500 * 1024 * 1024;

/** A repository has too much beside its objects to be copied, or something that cannot be. */
export class NotCopied extends Error {}

/**
 * Copies a repository's folder without its objects, which the copy borrows. What the task commits, sets and installs in
 * it is in the copy alone.
 *
 * @param borrowed where the container sees the folder itself
 * @param copyObjects for a container's user who cannot read them
 * @throws NotCopied
 */
export async function copyRepository(
  from: string,
  to: string,
  borrowed: string,
  copyObjects: boolean,
): Promise<void> {
  const room = { files: mostFiles, bytes: mostBytes };
  try {
    await copyFolder(from, to, borrowed, { room, copyObjects });
  } catch (error) {
    throw error instanceof NotCopied ? error : new NotCopied(String(error));
  }
}

interface Copying {
  readonly room: { files: number; bytes: number };
  readonly copyObjects: boolean;
}

async function copyFolder(from: string, to: string, borrowed: string, how: Copying): Promise<void> {
  const there = await lstat(from);
  await mkdir(to, { recursive: true });
  await chmod(to, there.mode | 0o700);
  await giveTo(there, to);
  const entries = await readdir(from, { withFileTypes: true });
  const has = (wanted: string) => entries.some(({ name }) => name === wanted);
  const isRepository = !how.copyObjects && has("HEAD") && has("refs");
  await Promise.all(
    entries.map(async (entry) => {
      const { name } = entry;
      const [source, target] = [join(from, name), join(to, name)];
      if (isRepository && (name === "refs" || name === "packed-refs" || name === "logs")) {
        // references are copied below, and where they have been is no help to the task
      } else if (isRepository && name === "objects" && entry.isDirectory()) {
        await borrowObjects(target, `${borrowed}/objects`);
        for (const made of ["", "info", "pack", "info/alternates"]) {
          await giveTo(there, join(target, made));
        }
      } else if (isRepository && name === "lfs" && entry.isDirectory()) {
        // git-lfs finds what it has by way of the borrowed objects
      } else if (entry.isDirectory()) {
        await copyFolder(source, target, `${borrowed}/${name}`, how);
      } else {
        await copyEntry(entry, source, target, how);
      }
    }),
  );
  if (isRepository) {
    const { made, others } = await copyRefs(from, to);
    for (const path of made) {
      await giveTo(there, join(to, path));
    }
    for (const path of others) {
      await mkdir(dirname(join(to, path)), { recursive: true });
      await giveTo(there, dirname(join(to, path)));
      await writeFile(join(to, path), readSafely(join(from, path), 1_000) ?? "", "latin1");
      await giveTo(there, join(to, path));
    }
  }
}

async function copyEntry(
  entry: Dirent,
  source: string,
  target: string,
  { room }: Copying,
): Promise<void> {
  if (entry.isSymbolicLink()) {
    await symlink(await readlink(source), target);
    await giveTo(await lstat(source), target);
  } else if (entry.isFile()) {
    const there = await lstat(source);
    const { size, atimeMs, mtimeMs } = there;
    room.files -= 1;
    room.bytes -= size;
    if (room.files < 0 || room.bytes < 0) {
      throw new NotCopied("it has more than 50,000 files or 500 MiB beside its objects");
    }
    await copyFile(source, target); // with its mode
    if (mayHaveLogin(source)) {
      await writeFile(target, withoutLogin(await readFile(source, "latin1")), "latin1");
    }
    await giveTo(there, target);
    if (entry.name === "index") {
      // its own time tells git which files it has to look at
      await utimes(target, atimeMs / 1000, mtimeMs / 1000);
    }
  }
}

/** To the owner of what is copied, where this process may do so (root). */
async function giveTo(owner: { uid: number; gid: number }, path: string): Promise<void> {
  if (process.getuid?.() === 0) {
    await lchown(path, owner.uid, owner.gid);
  }
}

async function borrowObjects(target: string, objects: string): Promise<void> {
  await mkdir(join(target, "info"), { recursive: true });
  await mkdir(join(target, "pack"));
  await writeFile(join(target, "info", "alternates"), `${objects}\n`);
}
