/** Archives of a workspace as `docker cp container:/workspace -` makes them. */
import { readFileSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Header, pack } from "tar-stream";
import { type Apart, syncFromArchive } from "../../../../src/task/workspace/copied.ts";

export type Entry = [header: Partial<Header> & { name: string }, content?: string];

export const archiveTime = new Date("2024-05-06T07:08:09Z");

/** As `docker cp container:/workspace -` makes it. */
export async function sync(folder: string, ...entries: Entry[]): Promise<void> {
  await syncApart(folder, undefined, ...entries);
}

/** The same, with paths of which the folder keeps its own. */
export async function syncApart(
  folder: string,
  apart: Apart | undefined,
  ...entries: Entry[]
): Promise<void> {
  const stream = pack();
  stream.entry({ name: "workspace/", type: "directory", mode: 0o755 });
  for (const [header, content] of entries) {
    const named = { mtime: archiveTime, ...header, name: `workspace/${header.name}` };
    if (content === undefined) stream.entry(named);
    else stream.entry(named, content);
  }
  stream.finalize();
  const scratch = await mkdtemp(join(tmpdir(), "agent-runner-scratch-"));
  const finish = await syncFromArchive(
    Readable.from(stream),
    folder,
    scratch,
    undefined,
    apart && { apart },
  );
  await finish();
  await rmdir(scratch); // nothing may be left in it
}

export const file = (name: string, content: string, mode = 0o644): Entry => [
  { name, mode },
  content,
];
export const folderEntry = (name: string, mode = 0o755): Entry => [
  { name: `${name}/`, type: "directory", mode },
];
export const link = (name: string, linkname: string): Entry => [
  { name, type: "symlink", linkname },
];
export const text = (...path: string[]) => readFileSync(join(...path), "utf8");
