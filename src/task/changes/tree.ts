import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GitTrouble } from "../../checkout/git-program.ts";
import { oneLine } from "../../log/text.ts";
import type { OwnRepository } from "./own-repository.ts";
import { taskBranch } from "./patch.ts";
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
  /** The tree it would have. */
  readonly id: string;
  readonly entries: readonly TreeChange[];
}

/** GitHub takes no more than so many requests that write in an hour, and each file is one. */
const mostFiles = 500;

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
  const id = (await answer(["rev-parse", `${taskBranch}^{tree}`])).toString("latin1").trim();
  const raw = await answer([
    ...["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", commit, taskBranch],
  ]);
  const found = entriesOf(raw.toString("latin1"));
  const files = new Set(found.filter(({ isNew }) => isNew).map((one) => one.id)).size;
  if (files > mostFiles) {
    throw new GitTrouble(`${files} files are too many for GitHub's API, which takes ${mostFiles}`);
  }
  const forLfs = await keptByLfs();
  if (forLfs !== undefined) {
    const name = oneLine(readable(forLfs), 200);
    throw new GitTrouble(`${name} is kept by Git LFS, which takes nothing by GitHub's API`);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const entries: TreeChange[] = [];
  const kept = new Set<string>();
  for (const { path, mode, id, isNew } of found) {
    const contentPath = isNew ? join(folder, id) : undefined;
    if (contentPath !== undefined && !kept.has(id)) {
      await writeFile(contentPath, await answer(["cat-file", "blob", id]), { mode: 0o600 });
      kept.add(id);
    }
    entries.push({ path, mode, id, contentPath });
  }
  return { commit, id, entries };

  /** A file of which a commit has to have a pointer, by the attributes that the commit would have. */
  async function keptByLfs(): Promise<string | undefined> {
    const paths = found.filter(({ mode }) => mode !== undefined && mode !== "120000");
    if (paths.length === 0) {
      return undefined;
    }
    await answer(["read-tree", taskBranch]);
    const input = paths.map(({ path }) => Buffer.from(`${path}\0`, "latin1"));
    const said = await answer(["check-attr", "--cached", "-z", "--stdin", "filter"], input);
    const parts = said.toString("latin1").split("\0"); // a path, `filter`, its value
    return parts.find((_, at) => at % 3 === 0 && parts[at + 2] === "lfs");
  }

  async function answer(args: readonly string[], input: readonly Buffer[] = []): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await repository.run(args, { input, signal, take: (chunk) => void chunks.push(chunk) });
    return Buffer.concat(chunks);
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
