import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Extract, extract } from "tar-stream";
import { Allowance, type LeftOut, type Limit } from "./allowance.ts";
import { pathBelow } from "./archive.ts";

type Entry = Extract extends AsyncIterable<infer T> ? T : never;

/** What came out of a container. */
export interface Unpacked {
  /** Paths of the files, relative to the folder. */
  readonly files: readonly string[];
  readonly leftOut: LeftOut;
  /** Why the rest could not be written on this machine, if that is so. */
  readonly failed?: Error;
}

/**
 * Unpacks what a container left behind: regular files and folders below the first folder of the
 * archive. Links, devices and paths that lead out are left where they are, since a link to a
 * runner's file would be uploaded as that file; and so is what is more than the limit.
 *
 * An archive has the holes of a sparse file as zeros, so a file counts as what it would write. One in which much
 * more comes than may be taken is not read to its end.
 *
 * @param name what a path becomes here
 */
export async function extractFiles(
  source: Readable,
  folder: string,
  limit: Limit,
  name: (path: string) => string = (path) => path,
): Promise<Unpacked> {
  const files: string[] = [];
  const allowance = new Allowance(limit);
  let failed: Error | undefined;
  await readEntries(source, async (entry, stop) => {
    const found = pathBelow(entry.header.name);
    if (entry.header.type !== "file" || found === undefined) {
      return allowance.mayPass(entry.header.size) || stop();
    }
    const path = name(found);
    const verdict = allowance.take(path, entry.header.size ?? 0);
    if (verdict !== "take") {
      return verdict === "leave" || stop();
    }
    const target = await create(join(folder, path)).catch((error: Error) => error);
    if (target instanceof Error) {
      failed = target;
      return stop();
    }
    if (target === undefined) {
      return; // the others are worth having
    }
    try {
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        // an error that left this loop would end the archive before it is known
        const wrong = await target.appendFile(chunk).catch((error: Error) => error);
        if (wrong instanceof Error) {
          failed = wrong;
          return stop();
        }
      }
      files.push(path);
    } finally {
      await target.close();
      if (files.at(-1) !== path) {
        await rm(join(folder, path), { force: true }); // half a file is none
      }
    }
  });
  return { files, leftOut: allowance.leftOut(), ...(failed && { failed }) };
}

/** Makes an empty file; undefined where there can be none of that name. */
async function create(path: string): Promise<FileHandle | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // before the entry is read: one that is given up halfway ends the whole archive
    return await open(path, "wx");
  } catch (error) {
    if (unusableName.has((error as NodeJS.ErrnoException).code ?? "")) {
      return undefined;
    }
    throw error;
  }
}

/** A name that this file system cannot hold, or has already. */
const unusableName = new Set(["ENAMETOOLONG", "EEXIST", "EISDIR", "ENOTDIR", "EINVAL", "EILSEQ"]);

/** Small files that are looked for lie among no more than this. */
const maxBesides: Limit = { bytes: 64 * 1024 * 1024, files: 10_000 };

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
  const allowance = new Allowance(maxBesides);
  await readEntries(source, async (entry, stop) => {
    const path = pathBelow(entry.header.name);
    const { type, size = 0 } = entry.header;
    if (type !== "file" || path === undefined || size > (sizes.get(path) ?? -1)) {
      return allowance.mayPass(size) || stop();
    }
    files.set(path, await contentOf(entry));
  });
  return files;
}

/** Reads the one file that an archive of a file has; undefined where it is none, or has more bytes. */
export async function readFirstFile(
  source: Readable,
  maxBytes: number,
): Promise<Buffer | undefined> {
  let content: Buffer | undefined;
  await readEntries(source, async (entry, stop) => {
    const { type, size = 0 } = entry.header;
    if (type === "file" && size <= maxBytes) {
      content = await contentOf(entry);
    }
    stop();
  });
  return content;
}

async function contentOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * Takes an archive's entries one by one; what is not read of one is passed over. From `stop` on, the rest is left
 * unread.
 */
async function readEntries(
  source: Readable,
  take: (entry: Entry, stop: () => void) => Promise<unknown>,
): Promise<void> {
  const reading = extract();
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  const taken = (async () => {
    for await (const entry of reading) {
      await take(entry, stop);
      if (stopped) {
        break;
      }
      entry.resume();
    }
  })();
  const piped = pipeline(source, reading).catch((error: unknown) => {
    if (!stopped) {
      throw error;
    }
  });
  await Promise.all([piped, taken]);
}
