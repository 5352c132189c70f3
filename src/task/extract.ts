import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { pathBelow } from "./archive.ts";

/**
 * Unpacks what a container left behind: regular files and folders below the first folder of the
 * archive. Links, devices and paths that lead out are left where they are, since a link to a
 * runner's file would be uploaded as that file. Answers the paths of the files, relative to `folder`.
 *
 * @param name what a path becomes here
 */
export async function extractFiles(
  source: Readable,
  folder: string,
  name: (path: string) => string = (path) => path,
): Promise<readonly string[]> {
  const unpacked: string[] = [];
  const reading = extract();
  const written = (async () => {
    for await (const entry of reading) {
      const found = pathBelow(entry.header.name);
      if (entry.header.type !== "file" || found === undefined) {
        entry.resume();
        continue;
      }
      const path = name(found);
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

/** Reads small files of an archive into memory, by name: those of `names`, none above `maxBytes`. */
export async function readSmallFiles(
  source: Readable,
  names: ReadonlySet<string>,
  maxBytes: number,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reading = extract();
  const read = (async () => {
    for await (const entry of reading) {
      const path = pathBelow(entry.header.name);
      const { type, size = 0 } = entry.header;
      if (type !== "file" || path === undefined || !names.has(path) || size > maxBytes) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      await pipeline(
        entry,
        new Writable({
          write(chunk, _encoding, done) {
            chunks.push(chunk);
            done();
          },
        }),
      );
      files.set(path, Buffer.concat(chunks));
    }
  })();
  await Promise.all([pipeline(source, reading), read]);
  return files;
}
