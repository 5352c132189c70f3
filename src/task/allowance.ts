import { dirname } from "node:path";
import { megabytes, oneLine } from "../log/text.ts";

/** How much may come out of a container. */
export interface Limit {
  readonly bytes: number;
  /** Folders that have to be made for them count, too. */
  readonly files: number;
}

/** What was not taken. */
export interface LeftOut {
  readonly limit: Limit;
  readonly files: number;
  readonly bytes: number;
  /** The first of them, with their sizes in bytes. */
  readonly first: readonly (readonly [path: string, bytes: number])[];
  /** There may be more: the archive was not read to its end. */
  readonly unread: boolean;
}

/** How many are named. */
const named = 5;

/** Keeps count of what is taken from an archive, and decides what is not. */
export class Allowance {
  readonly #limit: Limit;
  readonly #folders = new Set<string>();
  readonly #first: [path: string, bytes: number][] = [];
  #bytes = 0;
  #files = 0;
  #leftBytes = 0;
  #leftFiles = 0;
  #passedBytes = 0;
  #passedFiles = 0;
  #unread = false;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** A smaller file may fit where a larger one did not, so the others are still looked at. */
  take(path: string, size: number): "take" | "leave" | "end" {
    const limit = this.#limit;
    const folders = this.#newFolders(path);
    const files = this.#files + 1 + folders.length;
    if (this.#bytes + size <= limit.bytes && files <= limit.files) {
      this.#bytes += size;
      this.#files = files;
      for (const folder of folders) {
        this.#folders.add(folder);
      }
      return "take";
    }
    this.#leftFiles += 1;
    this.#leftBytes += size;
    if (this.#first.length < named) {
      this.#first.push([path, size]);
    }
    return this.mayPass(size) ? "leave" : "end";
  }

  /** Whether something that is not taken is still worth passing over: a file with a hole may be terabytes of zeros. */
  mayPass(size = 0): boolean {
    this.#passedBytes += size;
    this.#passedFiles += 1;
    // ten times as many: links and folders are passed over, too
    const more =
      this.#passedBytes > this.#limit.bytes || this.#passedFiles > 10 * this.#limit.files;
    this.#unread ||= more;
    return !more;
  }

  leftOut(): LeftOut {
    return {
      limit: this.#limit,
      files: this.#leftFiles,
      bytes: this.#leftBytes,
      first: this.#first,
      unread: this.#unread,
    };
  }

  /** No more of them than could be made. */
  #newFolders(path: string): string[] {
    const found: string[] = [];
    let folder = dirname(path);
    while (folder !== "." && !this.#folders.has(folder) && found.length <= this.#limit.files) {
      found.push(folder);
      folder = dirname(folder);
    }
    return found;
  }
}

/** `3 files (2.1 GB) of the artifacts were left in the container: …`; undefined when nothing was. Pure. */
export function leftOutText(left: LeftOut, what: string): string | undefined {
  const { limit, files, bytes, first, unread } = left;
  if (files === 0 && !unread) {
    return undefined;
  }
  const shown = first.map(([path, size]) => `${oneLine(path, 200)} (${megabytes(size)})`);
  const more = files > shown.length ? `, and ${files - shown.length} more` : "";
  const count = `${files === 1 ? "1 file" : `${files} files`} of ${what} (${megabytes(bytes)})`;
  const which = shown.length === 0 ? "" : `: ${shown.join(", ")}${more}`;
  const rest = unread ? "; what comes after them was not looked at" : "";
  return `${count} stayed in the container, where they are lost${which}${rest}. \`artifacts-limit\` is ${megabytes(limit.bytes)} and ${limit.files} files`;
}
