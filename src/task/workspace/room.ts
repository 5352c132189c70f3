import { statfs } from "node:fs/promises";
import { megabytes, oneLine } from "../../log/text.ts";

/** What there is room for on a disk. */
export interface Room {
  readonly bytes: number;
  readonly files: number;
}

/** More than any workspace has: of each entry, the path is held in memory. */
const maxEntries = 1_000_000;
/** Left for the runner, which has a log and outputs to write, at most. */
const reserve = 100_000_000;

/** The room of the fullest of the disks that these folders are on. */
export async function roomIn(...folders: readonly string[]): Promise<Room> {
  const rooms = await Promise.all(
    folders.map(async (folder) => {
      const { bavail, bsize, files, ffree } = await statfs(folder);
      const bytes = bavail * bsize;
      // some file systems do not count files
      return {
        bytes: bytes - Math.min(reserve, bytes / 10),
        files: files === 0 ? maxEntries : ffree,
      };
    }),
  );
  return {
    bytes: Math.min(...rooms.map(({ bytes }) => bytes)),
    files: Math.min(maxEntries, ...rooms.map(({ files }) => files)),
  };
}

/** Keeps count of what is written, and throws before it is more than there is room for. */
export class Ledger {
  readonly #room: Room;
  #entries = 0;
  #grown = 0;
  #made = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  /** @param size what the file would write: an archive has holes as zeros */
  mustFit(path: string, size: number): void {
    this.#entries += 1;
    if (this.#entries > maxEntries) {
      throw new Error(`it has more than ${maxEntries} files by now`);
    }
    if (this.#grown + size > this.#room.bytes) {
      const left = megabytes(Math.max(0, this.#room.bytes - this.#grown));
      throw new Error(
        `${oneLine(path, 200)} has ${megabytes(size)}, and the runner's disk has room for ${left}`,
      );
    }
    if (this.#made > this.#room.files) {
      throw new Error(`the runner's disk has no room for more than ${this.#room.files} new files`);
    }
  }

  /** What is in the place of something else; nothing was there if `before` is not given. */
  written(size: number, before?: number): void {
    this.#grown += size - (before ?? 0);
    this.#made += before === undefined ? 1 : 0;
  }
}
