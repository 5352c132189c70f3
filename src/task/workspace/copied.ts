import { createHash, randomBytes } from "node:crypto";
import { constants, createReadStream, createWriteStream } from "node:fs";
import {
  chmod,
  copyFile,
  lchown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { pathBelow } from "../archive.ts";
import type { Owner } from "./plan.ts";
import { Ledger, type Room, roomIn } from "./room.ts";

/** Folders of files that are being copied back; a killed process leaves one. */
export const copyPrefix = "agent-runner-copy-";

/** What an archive has and the folder does not get: some paths of it with all that is below them. */
export interface Apart {
  readonly paths: readonly string[];
  /** Where what is wanted of it is written instead. */
  readonly aside: string;
  wants(path: string): boolean;
}

const noneApart: Apart = { paths: [], aside: "", wants: () => false };

/**
 * Makes a folder what an archive of it says: for engines that do not share the runner's files, whose
 * copy of the workspace comes back this way. New and changed files are written, what is not in the
 * archive is removed, what is the same is not touched.
 *
 * The archive comes from a container: nothing in it is written outside of the folder or through a
 * link, and devices are left out.
 *
 * An archive that broke off between two files looks whole. So files are removed and modes set only
 * by the answer, which is called when the archive is known to be whole.
 *
 * It may say that it has more than fits here: then it ends before the disk is full, and every file is whole, either
 * as it was or as it has become.
 *
 * @param scratch where files are written before they are moved to their place
 * @param owner to whom new files are given, where this process may do so (root)
 * @param options of `apart`, the folder keeps its own, and the archive's regular files are written elsewhere; `room` is what
 *   may be written, instead of what the disks have room for
 * @throws Error when the archive has no folder in it, or more than there is room for
 */
export async function syncFromArchive(
  archive: Readable,
  folder: string,
  scratch: string,
  owner?: Owner,
  { room, apart = noneApart }: { readonly room?: Room; readonly apart?: Apart } = {},
): Promise<() => Promise<void>> {
  const isApart = (path: string) =>
    apart.paths.some((one) => path === one || path.startsWith(`${one}/`));
  const isAbove = (path: string) => apart.paths.some((one) => one.startsWith(`${path}/`));
  const ledger = new Ledger(room ?? (await roomIn(folder, scratch)));
  const partials = await mkdtemp(join(scratch, copyPrefix));
  const give = async (path: string) => {
    if (owner !== undefined && process.getuid?.() === 0) {
      await lchown(path, owner.uid, owner.gid);
    }
  };
  const seen = new Set<string>();
  /** The folder itself, or what the task has put into its place. */
  let first: Header | undefined;
  const folders: { path: string; header: Header }[] = [];
  /** Modes of folders that had to be made writable. */
  const opened = new Map<string, number>();
  const reading = extract();
  const synced = (async () => {
    for await (const entry of reading) {
      const path = pathBelow(entry.header.name);
      first ??= entry.header;
      if (path === undefined) {
        entry.resume();
        continue;
      }
      if (isAbove(path) && entry.header.type !== "directory") {
        entry.resume();
        continue; // a folder that holds what stays as it is stays a folder
      }
      const root = isApart(path) ? apart.aside : folder;
      if (root !== folder) {
        if (entry.header.type !== "file" || !apart.wants(path)) {
          entry.resume();
          continue;
        }
        await mkdir(root, { recursive: true });
      }
      ledger.mustFit(path, entry.header.size ?? 0);
      await makeParents(root, path, opened, give);
      if (root === folder) {
        seen.add(path);
      }
      if (entry.header.type === "directory") {
        folders.push({ path, header: entry.header });
        await makeFolder(join(folder, path), opened, give);
        entry.resume();
      } else if (entry.header.type === "file") {
        const partial = join(partials, "file");
        const content = Readable.from(entry);
        await writeIfChanged(join(root, path), entry.header, content, partial, { give, ledger });
      } else {
        await writeLink(folder, path, entry.header, seen, give);
        entry.resume();
      }
    }
  })();
  // both to their ends: what is still being written would be in the way of what follows
  const ends = await Promise.allSettled([pipeline(archive, reading), synced]);
  const tidied = await Promise.allSettled([
    rm(partials, { recursive: true, force: true }),
    restoreModes(opened),
  ]);
  throwFirst([...ends, ...tidied]);
  if (first?.type !== "directory") {
    const why = first === undefined ? "the archive is empty" : "its folder is no folder any more";
    throw new Error(why);
  }
  return async () => {
    const modeOf = ({ mode = 0o755 }: Header) => mode & 0o3777;
    // nothing could be removed from a read-only folder, nor one below it be reached
    for (const { path, header } of folders) {
      await chmod(join(folder, path), modeOf(header) | 0o700);
    }
    await removeUnseen(folder, "", (path) => seen.has(path) || isAbove(path), isApart);
    for (const { path, header } of folders.toReversed()) {
      await chmod(join(folder, path), modeOf(header));
    }
  };
}

/** The last first: nothing can be done below a folder that is read-only again. */
async function restoreModes(opened: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, mode] of [...opened].reverse()) {
    await chmod(path, mode);
  }
}

/** A stream that was closed too early is what another failure has led to, where there is another. */
function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.filter((result) => result.status === "rejected");
  const [first] = failed;
  if (first !== undefined) {
    const cause = failed.find(({ reason }) => reason.code !== "ERR_STREAM_PREMATURE_CLOSE");
    throw (cause ?? first).reason;
  }
}

type Give = (path: string) => Promise<void>;

/** Every folder on the way must be one: a link would lead elsewhere. */
async function makeParents(
  folder: string,
  path: string,
  opened: Map<string, number>,
  give: Give,
): Promise<void> {
  let current = folder;
  for (const step of dirname(path).split("/")) {
    if (step !== ".") {
      current = join(current, step);
      await makeFolder(current, opened, give);
    }
  }
}

async function makeFolder(path: string, opened: Map<string, number>, give: Give): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) {
    if ((there.mode & 0o700) !== 0o700) {
      opened.set(path, opened.get(path) ?? there.mode & 0o7777);
      await chmod(path, there.mode | 0o700);
    }
    return;
  }
  await rm(path, { force: true });
  await mkdir(path);
  await give(path);
}

async function writeIfChanged(
  path: string,
  header: Header,
  content: Readable,
  partial: string,
  { give, ledger }: { readonly give: Give; readonly ledger: Ledger },
): Promise<void> {
  const mode = (header.mode ?? 0o644) & 0o777; // never set-user-ID or set-group-ID
  const mtime = header.mtime ?? new Date();
  await pipeline(content, createWriteStream(partial));
  const there = await lstat(path).catch(() => undefined);
  // by content: a change may keep both size and time
  if (there?.isFile() && there.size === header.size && (await sameContent(path, partial))) {
    if ((there.mode & 0o7777) !== mode) {
      await chmod(path, mode);
    }
    return;
  }
  await chmod(partial, mode);
  await give(partial);
  await utimes(partial, mtime, mtime);
  ledger.written(header.size ?? 0, there?.isFile() ? there.size : undefined);
  await put(partial, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") {
      throw error;
    }
    // the runner's temporary folder is on another file system than the workspace; on a full one, what is there stays
    const beside = join(dirname(path), `.${copyPrefix}${randomBytes(8).toString("hex")}`);
    try {
      await copyFile(partial, beside, constants.COPYFILE_EXCL);
      await chmod(beside, mode);
      await give(beside);
      await utimes(beside, mtime, mtime);
      await put(beside, path);
    } finally {
      await rm(beside, { force: true });
    }
  });
}

/** Moves a file to its place, whatever is there; what is there stays where it cannot be moved. */
async function put(file: string, path: string): Promise<void> {
  await rename(file, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EISDIR") {
      throw error;
    }
    await rm(path, { recursive: true, force: true });
    await rename(file, path);
  });
}

async function sameContent(one: string, other: string): Promise<boolean> {
  const hashes = [one, other].map(async (path) => {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  });
  const [first, second] = await Promise.all(hashes);
  return first === second;
}

async function writeLink(
  folder: string,
  path: string,
  { type, linkname }: Header,
  seen: ReadonlySet<string>,
  give: Give,
): Promise<void> {
  const full = join(folder, path);
  if (type === "symlink" && typeof linkname === "string") {
    const there = await readlink(full).catch(() => undefined);
    if (there !== linkname) {
      await rm(full, { recursive: true, force: true });
      await symlink(linkname, full);
      await give(full);
    }
  } else if (type === "link" && typeof linkname === "string") {
    const target = pathBelow(linkname);
    if (target !== undefined && seen.has(target)) {
      await rm(full, { recursive: true, force: true });
      await link(join(folder, target), full);
    }
  }
}

async function removeUnseen(
  folder: string,
  path: string,
  stays: (path: string) => boolean,
  isApart: (path: string) => boolean,
): Promise<void> {
  for (const entry of await readdir(join(folder, path), { withFileTypes: true })) {
    const below = path === "" ? entry.name : `${path}/${entry.name}`;
    if (isApart(below)) {
      continue;
    }
    if (!stays(below)) {
      await rm(join(folder, below), { recursive: true, force: true });
    } else if (entry.isDirectory()) {
      await removeUnseen(folder, below, stays, isApart);
    }
  }
}
