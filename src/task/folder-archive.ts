import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { inArchive } from "./archive.ts";
import type { Owner } from "./workspace/plan.ts";

/**
 * A folder and all that is below it as a tar stream, every entry by its path in a container and with one owner. Files,
 * folders and links; a file that is being written meanwhile is taken as long as it was.
 *
 * @param target what the folder is in the container
 */
export function folderArchive(folder: string, target: string, owner: Owner): Readable {
  const stream = pack();
  const readable = Readable.from(stream);
  add(stream, folder, inArchive(target), owner).then(
    () => stream.finalize(),
    (error) => readable.destroy(error),
  );
  return readable;
}

async function add(stream: Pack, path: string, name: string, owner: Owner): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) {
    return; // its name is none in UTF-8, or it has gone meanwhile
  }
  const header = { ...owner, name, mode: there.mode & 0o777, mtime: there.mtime };
  if (there.isSymbolicLink()) {
    await entry(stream, { ...header, type: "symlink", linkname: await readlink(path) });
  } else if (there.isDirectory()) {
    await entry(stream, { ...header, mode: there.mode & 0o1777, type: "directory" });
    for (const below of await readdir(path)) {
      await add(stream, `${path}/${below}`, `${name}/${below}`, owner);
    }
  } else if (there.isFile() && there.size > 0) {
    const content = createReadStream(path, { end: there.size - 1 });
    await pipeline(content, stream.entry({ ...header, size: there.size }));
  } else if (there.isFile()) {
    await entry(stream, { ...header, size: 0 });
  }
}

function entry(stream: Pack, header: Parameters<Pack["entry"]>[0]): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.entry(header, "", (error) => (error ? reject(error) : resolve()));
  });
}
