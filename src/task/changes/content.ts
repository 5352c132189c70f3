import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

// What the task may have written is opened as what it was when it was looked at: a regular file, and no link.

/** Calls with the open file and its size; answers undefined where there is no regular file or it cannot be read. */
function withFile<T>(path: string | Buffer, use: (file: number, size: number) => T): T | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const there = fstatSync(file);
    return there.isFile() ? use(file, there.size) : undefined;
  } finally {
    closeSync(file);
  }
}

/** A small file as text, one character a byte; undefined where it is larger, no file, or cannot be read. */
export function readSafely(path: string | Buffer, most: number): string | undefined {
  return readBytes(path, most)?.toString("latin1");
}

/** A file's bytes; undefined where it has more of them than `most`, is no regular file, or cannot be read. */
export function readBytes(path: string | Buffer, most: number): Buffer | undefined {
  return withFile(path, (file, size) => {
    if (size > most) {
      return undefined;
    }
    const bytes = Buffer.alloc(size);
    let read = 0;
    while (read < size) {
      const more = readSync(file, bytes, read, size - read, null);
      if (more === 0) {
        break;
      }
      read += more;
    }
    return bytes.subarray(0, read);
  });
}

/** How a repository names its objects: by the length of a name in bytes. */
export type IdBytes = 20 | 32;

/** The name that git gives a blob. */
export function blobId(bytes: Buffer, idBytes: IdBytes): string {
  return createHash(idBytes === 32 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}

/** What git has of a file in CRLF line ends, where it is asked to convert them. */
export function withoutCr(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

/** What git has of a file that is kept by Git LFS. */
export function lfsPointer(bytes: Buffer): Buffer {
  const oid = createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes.length}\n`,
  );
}

export function isLfsPointer(bytes: Buffer): boolean {
  return bytes.length < 1024 && bytes.toString("latin1").startsWith("version https://git-lfs");
}

/**
 * Whether a file's bytes are what git has under a name, as they are or in one of the forms that a checkout changes:
 * line ends, and files kept by LFS.
 */
export function isCheckoutOf(bytes: Buffer, id: string): boolean {
  const idBytes = id.length === 64 ? 32 : 20;
  return (
    blobId(bytes, idBytes) === id ||
    blobId(lfsPointer(bytes), idBytes) === id ||
    (bytes.includes("\r\n") && blobId(withoutCr(bytes), idBytes) === id)
  );
}
