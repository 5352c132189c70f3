/** What git's index says of one path. */
export interface IndexEntry {
  /** The blob's id in hex; undefined where a merge has left more than one. */
  readonly id: string | undefined;
  readonly mode: number;
  /** Of the file when git last looked at it, in bytes, modulo 2^32. */
  readonly size: number;
  /** In milliseconds since 1970. */
  readonly mtimeMs: number;
}

export interface IndexFile {
  /** By the path's bytes, one character each. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** Every folder on the way to an entry. */
  readonly folders: ReadonlySet<string>;
}

export const noIndex: IndexFile = { entries: new Map(), folders: new Set() };

const gitlink = 0o160000;
const sparseFolder = 0o040000;

/** Whether an entry is the place of a submodule. */
export function isSubmodule({ mode }: IndexEntry): boolean {
  return mode === gitlink;
}

/**
 * Reads git's index, versions 2 to 4. Its extensions are left out, and with a sparse index the folders that are not
 * checked out. Pure.
 *
 * @param idBytes 20, or 32 where the repository names its objects by SHA-256
 * @returns undefined for what this reader does not know: another version, an index split into two files, a broken one
 */
export function parseIndex(bytes: Buffer, idBytes: number): IndexFile | undefined {
  try {
    return read(bytes, idBytes);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined; // it ends in the middle of something
    }
    throw error;
  }
}

function read(bytes: Buffer, idBytes: number): IndexFile | undefined {
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || version < 2 || version > 4) {
    return undefined;
  }
  const entries = new Map<string, IndexEntry>();
  const folders = new Set<string>();
  let at = 12;
  let path = "";
  for (let left = bytes.readUInt32BE(8); left > 0; left -= 1) {
    const start = at;
    const flagsAt = start + 40 + idBytes;
    const flags = bytes.readUInt16BE(flagsAt);
    const nameAt = flagsAt + (flags & 0x4000 ? 4 : 2);
    if (version === 4) {
      const { value: dropped, next } = readVarint(bytes, nameAt);
      const end = endOfName(bytes, next);
      path = path.slice(0, path.length - dropped) + bytes.toString("latin1", next, end);
      at = end + 1;
    } else {
      const end = endOfName(bytes, nameAt);
      path = bytes.toString("latin1", nameAt, end);
      at = start + ((end - start + 8) & ~7); // one to eight NULs
    }
    const mode = bytes.readUInt32BE(start + 24);
    if (mode === sparseFolder) {
      continue;
    }
    const merging = (flags & 0x3000) !== 0;
    entries.set(path, {
      id: merging ? undefined : bytes.toString("hex", start + 40, start + 40 + idBytes),
      mode,
      size: bytes.readUInt32BE(start + 36),
      mtimeMs: bytes.readUInt32BE(start + 8) * 1000 + bytes.readUInt32BE(start + 12) / 1e6,
    });
    addFolders(folders, path);
  }
  return isSplit(bytes, at, idBytes) ? undefined : { entries, folders };
}

function endOfName(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end < 0) {
    throw new RangeError("a name without its end");
  }
  return end;
}

/** A number as in offsets of pack files. */
function readVarint(bytes: Buffer, from: number): { value: number; next: number } {
  let at = from;
  let byte = bytes.readUInt8(at);
  let value = byte & 0x7f;
  while (byte & 0x80) {
    at += 1;
    byte = bytes.readUInt8(at);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next: at + 1 };
}

function addFolders(folders: Set<string>, path: string): void {
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    const folder = path.slice(0, slash);
    if (folders.has(folder)) {
      return;
    }
    folders.add(folder);
  }
}

/** Whether entries are in another file, which an extension named `link` says. */
function isSplit(bytes: Buffer, from: number, idBytes: number): boolean {
  for (let at = from; at + 8 <= bytes.length - idBytes; at += 8 + bytes.readUInt32BE(at + 4)) {
    if (bytes.toString("latin1", at, at + 4) === "link") {
      return true;
    }
  }
  return false;
}
