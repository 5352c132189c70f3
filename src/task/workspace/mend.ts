import {
  chmodSync,
  lchownSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
} from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Owner } from "./plan.ts";
import { type Path, walk } from "./walk.ts";

/** What a task has left in the workspace that is not as it should be; paths relative to it. */
export interface Found {
  /** Belongs to somebody else, or cannot be looked into, and this process may not change that. */
  readonly left: ReadonlySet<string>;
  /** Files that had set-user-ID or set-group-ID. */
  readonly special: ReadonlySet<string>;
  /** Devices, and at last files with set-user-ID or set-group-ID that nobody would give back. */
  readonly removed: ReadonlySet<string>;
  /** New links that lead out of the workspace. They stay: a Python environment has some, and nothing here follows one. */
  readonly leadOut: ReadonlySet<string>;
  /** Folders that no program could reach into by their names; they are at the workspace's top now, by these. */
  readonly moved: ReadonlySet<string>;
}

/** Linux takes paths of 4095 bytes, and names of 255: below a longer folder may be what no path leads to. */
const longestFolder = 4095 - 256;
const setId = 0o6000;
const allOfOwner = 0o700;

/**
 * Makes a workspace the runner's again, as far as this process may do that: gives it what belongs to others, takes
 * set-user-ID, set-group-ID and file capabilities from files, and removes devices. Nothing of the task may run any more.
 *
 * @param since when the task began, in milliseconds since 1970: a file that it has not touched stays as it is
 * @param options `isLast`: nobody else is going to be asked; `except` is a path below it that stays as it is
 */
export async function mend(
  workspace: string,
  owner: Owner,
  since: number,
  {
    isLast = false,
    except,
  }: { readonly isLast?: boolean; readonly except?: string | undefined } = {},
): Promise<Found> {
  const folder = realpathSync(workspace);
  const left = new Set<string>();
  const special = new Set<string>();
  const removed = new Set<string>();
  const leadOut = new Set<string>();
  const moved = new Set<string>();
  const opened: [Path, number][] = [];
  const nameOf = (path: Path) => relative(folder, path.toString()) || ".";
  const can = (change: () => void) => {
    try {
      change();
      return true;
    } catch {
      return false;
    }
  };
  const remove = (path: Path) => (can(() => rmSync(path)) ? removed : left).add(nameOf(path));
  const closed = await walk(
    folder,
    (path, stats) => {
      if (stats.isBlockDevice() || stats.isCharacterDevice()) {
        remove(path);
        return undefined;
      }
      const foreign = stats.uid !== owner.uid;
      const touched = stats.ctimeMs >= since;
      const isSpecial = stats.isFile() && (stats.mode & setId) !== 0;
      if (isSpecial) {
        special.add(nameOf(path));
      }
      if (foreign || isSpecial || (touched && stats.isFile())) {
        const isMended = can(() => {
          // even to whom it belongs: that is how the kernel takes a file's capabilities away, which Node cannot see
          lchownSync(path, owner.uid, foreign ? owner.gid : stats.gid);
          if (isSpecial) {
            chmodSync(path, stats.mode & 0o777);
          }
        });
        if (!isMended && isSpecial && isLast) {
          remove(path);
        } else if (!isMended) {
          left.add(nameOf(path));
        }
      }
      const now =
        stats.isDirectory() && path.length > longestFolder
          ? moveUp(path, folder, stats)
          : undefined;
      if (now !== undefined) {
        moved.add(nameOf(now));
      }
      if (stats.isDirectory() && (stats.mode & allOfOwner) !== allOfOwner) {
        open(now ?? path, stats, opened);
      }
      if (stats.isSymbolicLink() && touched && leadsOut(folder, path)) {
        leadOut.add(nameOf(path));
      }
      return now;
    },
    except,
  );
  for (const [path, mode] of opened.reverse()) {
    chmodSync(path, mode);
  }
  for (const path of closed) {
    left.add(nameOf(path));
  }
  return { left, special, removed, leadOut, moved };
}

/**
 * Moves a folder to the top, where what is in it can be reached again. Undefined where this process may not; then it
 * is told as one that could not be read.
 */
function moveUp(path: Path, folder: string, { mode }: Stats): Path | undefined {
  let place: string | undefined;
  try {
    place = mkdtempSync(join(folder, "agent-runner-too-deep-"));
    chmodSync(path, (mode & 0o7777) | allOfOwner); // where it lies is written in it
    renameSync(path, place);
    chmodSync(place, mode & 0o7777);
    return Buffer.from(place);
  } catch {
    if (place !== undefined) {
      rmdirSync(place);
    }
    return undefined;
  }
}

/** A folder that its owner has closed can hide what is in it; it is closed again afterwards. */
function open(path: Path, { mode }: Stats, opened: [Path, number][]): void {
  try {
    chmodSync(path, (mode & 0o7777) | allOfOwner);
    opened.push([path, mode & 0o7777]);
  } catch {
    // it is somebody else's: then it is told as one that could not be read
  }
}

function leadsOut(folder: string, link: Path): boolean {
  let target: string;
  try {
    target = realpathSync(link).toString();
  } catch {
    target = resolve(dirname(link.toString()), readlinkSync(link).toString());
    return isOutside(folder, target);
  }
  return isOutside(realpathSync(folder), target);
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(way) || way.split("/")[0] === "..";
}
