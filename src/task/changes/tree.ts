import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { GitTrouble } from "../../checkout/git-program.ts";
import { oneLine } from "../../log/text.ts";
import type { OwnRepository } from "./own-repository.ts";
import { answerOf, taskBranch } from "./patch.ts";
import { readable } from "./paths.ts";

/** One path as git would commit it. */
export interface TreeChange {
  /** One character a byte. */
  readonly path: string;
  /** Undefined where it is deleted. */
  readonly mode: "100644" | "100755" | "120000" | undefined;
  /** The blob's id; empty where it is deleted. */
  readonly id: string;
  /** The file with its bytes; undefined where the commit has the blob already, under this path. */
  readonly contentPath: string | undefined;
}

/** What a commit of the changes would be. */
export interface TaskTree {
  /** The commit that was checked out: its parent. */
  readonly commit: string;
  /** The tree of that one. */
  readonly base: string;
  /** The tree it would have. */
  readonly id: string;
  readonly entries: readonly TreeChange[];
  /** Where the bytes are: who needs them no more removes it. */
  readonly folder: string;
}

/**
 * Tells the commit that `writePatch` has made, and keeps what is new in it below a folder, by the blobs' ids: the same
 * bytes as in the patch, and as many at most.
 *
 * @param folder a new folder of ours
 * @throws GitTrouble
 */
export async function keepTree(
  repository: OwnRepository,
  commit: string,
  folder: string,
  signal?: AbortSignal,
): Promise<TaskTree> {
  const options = { repository, signal };
  const trees = [`${commit}^{tree}`, `${taskBranch}^{tree}`];
  const ids = await answerOf(repository, ["rev-parse", ...trees], [], signal);
  const [base = "", id = ""] = ids.toString("latin1").split("\n");
  const argv = ["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base, id];
  const raw = await answerOf(repository, argv, [], signal);
  const found = entriesOf(raw.toString("latin1"));
  await refuseLfs(found, id, options);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fresh = new Set(found.flatMap((one) => (one.isNew ? [one.id] : [])));
  await writeBlobs([...fresh], folder, options);
  const entries = found.map(({ isNew, ...entry }) => ({
    ...entry,
    contentPath: isNew ? join(folder, entry.id) : undefined,
  }));
  return { commit, base, id, entries, folder };
}

interface Options {
  readonly repository: OwnRepository;
  readonly signal: AbortSignal | undefined;
}

/** A commit has to have a pointer to a file that Git LFS keeps, by the attributes that the commit would have. */
async function refuseLfs(
  changes: readonly Pick<TreeChange, "path" | "mode">[],
  tree: string,
  { repository, signal }: Options,
): Promise<void> {
  const files = changes.filter(({ mode }) => mode !== undefined && mode !== "120000");
  if (files.length === 0) {
    return;
  }
  await repository.run(["read-tree", tree], { signal });
  const argv = ["check-attr", "--cached", "-z", "--stdin", "filter"];
  const input = files.map(({ path }) => Buffer.from(`${path}\0`, "latin1"));
  const said = await answerOf(repository, argv, input, signal);
  const parts = said.toString("latin1").split("\0"); // a path, `filter`, its value
  const path = parts.find((_, at) => at % 3 === 0 && parts[at + 2] === "lfs");
  if (path !== undefined) {
    const name = oneLine(readable(path), 200);
    throw new GitTrouble(`${name} is kept by Git LFS, which takes nothing by GitHub's API`);
  }
}

/** Writes blobs as files that are called after them, by one process of git. */
async function writeBlobs(
  ids: readonly string[],
  folder: string,
  { repository, signal }: Options,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let file: number | undefined;
  let room = 0;
  const take = (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (file === undefined) {
        const end = rest.indexOf("\n");
        if (end < 0) {
          return;
        }
        const [, id, size] =
          /^([0-9a-f]{40,64}) blob (\d+)$/.exec(rest.toString("latin1", 0, end)) ?? [];
        if (id === undefined) {
          throw new GitTrouble("git cat-file answered what is not understood");
        }
        file = openSync(join(folder, id), "wx", 0o600);
        room = Number(size);
        rest = rest.subarray(end + 1);
      }
      const piece = rest.subarray(0, room);
      writeSync(file, piece);
      room -= piece.length;
      rest = rest.subarray(piece.length);
      if (room > 0 || rest.length === 0) {
        return; // a line end follows each
      }
      closeSync(file);
      file = undefined;
      rest = rest.subarray(1);
    }
  };
  try {
    const input = ids.map((id) => Buffer.from(`${id}\n`));
    await repository.run(["cat-file", "--batch"], { input, take, signal });
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

const modes = new Set(["100644", "100755", "120000"]);
const line = /^:\d{6} (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [ADMT]$/;

function entriesOf(raw: string) {
  const parts = raw.split("\0");
  const entries: (Omit<TreeChange, "contentPath"> & { readonly isNew: boolean })[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, mode = "", before = "", id = ""] = line.exec(parts[at] ?? "") ?? [];
    const path = parts[at + 1] ?? "";
    if (mode === "000000") {
      entries.push({ path, mode: undefined, id: "", isNew: false });
    } else if (modes.has(mode)) {
      entries.push({ path, mode: mode as TreeChange["mode"], id, isNew: before !== id });
    } else {
      throw new GitTrouble("git diff-tree answered what is not understood");
    }
  }
  return entries;
}
