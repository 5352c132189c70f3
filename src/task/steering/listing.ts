import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { blobId, readBytes } from "../changes/content.ts";
import { fullPath } from "../changes/paths.ts";

/** What is at each path of a part, in one word: mode and content as git has them. */
export type Listing = ReadonlyMap<string, string>;

/** How much is looked at for several listings: a file may have holes that cost whoever made it nothing. */
export interface Room {
  entries: number;
  bytes: number;
}

export function roomForAll(): Room {
  return { entries: 50_000, bytes: 256 * 1024 * 1024 };
}

/** What a file of git's is in a listing. */
export function fileWord(executable: boolean, id: string): string {
  return `${executable ? "100755" : "100644"} ${id}`;
}

/** What a link is in a listing; its text with one character a byte. */
export function linkWord(target: string): string {
  return `120000 ${target}`;
}

/**
 * What is below a path of the workspace, itself included; nothing where there is nothing but folders, as for git. Opens
 * only regular files and follows no link. What there is no room for is told by its size, or not at all.
 *
 * @param idBytes how long git's names are: 20, or 32 for a repository with SHA-256
 */
export function listingOf(root: string, part: string, room: Room, idBytes: 20 | 32 = 20): Listing {
  const listing = new Map<string, string>();
  const todo = [part];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    const full = fullPath(root, path);
    const there = look(full);
    if (there === undefined) {
      continue;
    }
    room.entries -= 1;
    if (room.entries < 0) {
      listing.set(part, "more than is listed");
      break;
    }
    if (there.isDirectory()) {
      todo.push(...namesIn(full).map((name) => `${path}/${name}`));
    } else if (there.isSymbolicLink()) {
      listing.set(path, linkWord(readlinkSync(full, "latin1")));
    } else if (there.isFile()) {
      const bytes = there.size <= room.bytes ? readBytes(full, room.bytes) : undefined;
      room.bytes -= bytes?.length ?? 0;
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
