import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { pathBelow } from "./archive.ts";

/**
 * Unpacks what a container left behind: regular files and folders below the first folder of the
 * archive. Links, devices and paths that lead out are left where they are, since a link to a
 * runner's file would be uploaded as that file. Answers the paths of the files, relative to `folder`.
 */
export async function extractFiles(source: Readable, folder: string): Promise<readonly string[]> {
  const unpacked: string[] = [];
  const reading = extract();
  const written = (async () => {
    for await (const entry of reading) {
      const path = pathBelow(entry.header.name);
      if (entry.header.type !== "file" || path === undefined) {
        entry.resume();
        continue;
      }
      try {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        // before it is read: an entry that is given up halfway ends the whole archive
        const target = await open(join(folder, path), "wx");
        await pipeline(entry, target.createWriteStream());
        unpacked.push(path);
      } catch (error) {
        if (!unusableName.has((error as NodeJS.ErrnoException).code ?? "")) {
          throw error;
        }
        entry.resume(); // the others are worth having
      }
    }
  })();
  await Promise.all([pipeline(source, reading), written]);
  return unpacked;
}

/** A name that this file system cannot hold, or has already. */
const unusableName = new Set(["ENAMETOOLONG", "EEXIST", "EISDIR", "ENOTDIR", "EINVAL", "EILSEQ"]);

/**
 * Reads small files of an archive into memory, by name.
 *
 * @param sizes how many bytes each may have; a larger one is left out, as are those with another name
 */
export async function readSmallFiles(
  source: Readable,
  sizes: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reading = extract();
  const read = (async () => {
    for await (const entry of reading) {
      const path = pathBelow(entry.header.name);
      const { type, size = 0 } = entry.header;
      if (type !== "file" || path === undefined || size > (sizes.get(path) ?? -1)) {
        entry.resume();
        continue;
      }
      files.set(path, await contentOf(entry));
    }
  })();
  await Promise.all([pipeline(source, reading), read]);
  return files;
}

/** Reads the one file that an archive of a file has; undefined where it is none, or has more bytes. */
export async function readFirstFile(
  source: Readable,
  maxBytes: number,
): Promise<Buffer | undefined> {
  let content: Buffer | undefined;
  const reading = extract();
  const read = (async () => {
    for await (const entry of reading) {
      const { type, size = 0 } = entry.header;
      if (content !== undefined || type !== "file" || size > maxBytes) {
        entry.resume();
        continue;
      }
      content = await contentOf(entry);
    }
  })();
  await Promise.all([pipeline(source, reading), read]);
  return content;
}

async function contentOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
