import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { blobId, readBytes } from "../changes/content.ts";
import { fullPath } from "../changes/paths.ts";

/** What is at each path of a part, in one word: mode and content as git has them. */
export type Listing = ReadonlyMap<string, string>;

const mostEntries = 5_000;
const mostBytes = 64 * 1024 * 1024;

/** What a file of git's is in a listing. */
export function fileWord(executable: boolean, id: string): string {
  return `${executable ? "100755" : "100644"} ${id}`;
}

/** What a link is in a listing; its text with one character a byte. */
export function linkWord(target: string): string {
  return `120000 ${target}`;
}

/**
 * What is below a path of the workspace, itself included; nothing where there is nothing but folders, as for git. Opens only regular files and
 * follows no link. What is beyond 5,000 entries or 64 MiB is told by its size alone.
 *
 * @param idBytes how long git's names are: 20, or 32 for a repository with SHA-256
 */
export function listingOf(root: string, part: string, idBytes: 20 | 32 = 20): Listing {
  const listing = new Map<string, string>();
  const todo = [part];
  let room = mostBytes;
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    const full = fullPath(root, path);
    const there = look(full);
    if (there === undefined) {
      continue;
    }
    if (listing.size >= mostEntries) {
      listing.set(part, "more than can be listed");
      break;
    }
    if (there.isDirectory()) {
      todo.push(...namesIn(full).map((name) => `${path}/${name}`));
    } else if (there.isSymbolicLink()) {
      listing.set(path, linkWord(readlinkSync(full, "latin1")));
    } else if (there.isFile()) {
      const bytes = there.size <= room ? readBytes(full, room) : undefined;
      room -= bytes?.length ?? 0;
      const content = bytes === undefined ? `of ${there.size} bytes` : blobId(bytes, idBytes);
      listing.set(path, fileWord((there.mode & 0o100) !== 0, content));
    } else {
      listing.set(path, "neither file nor link");
    }
  }
  return listing;
}

/** Tells one listing from another; empty for an empty one. */
export function fingerprintOf(listing: Listing): string {
  const lines = [...listing].map(([path, word]) => `${path}\0${word}\0`).toSorted();
  return lines.length === 0 ? "" : createHash("sha256").update(lines.join("")).digest("hex");
}

/** Undefined also for what no path leads to: it lies too deep. */
function look(path: string | Buffer) {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function namesIn(folder: string | Buffer): readonly string[] {
  try {
    return readdirSync(folder, "latin1");
  } catch {
    return [];
  }
}
