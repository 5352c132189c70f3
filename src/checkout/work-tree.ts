import { copyFile, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { oneLine } from "../log/text.ts";
import { Trouble } from "../log/trouble.ts";
import { GitTrouble } from "./git-program.ts";
import type { NewRepository } from "./new-repository.ts";

/** What was different from what was checked out; empty where nothing was. */
export interface Overwritten {
  readonly paths: readonly string[];
  /** What earlier steps had checked out is not known: nothing of it was taken away. */
  readonly isUnknown: boolean;
}

/**
 * Lets the new repository know which of the workspace's files are what was checked out before, and tells which are not.
 * The old index is a list of names, ids and times: with it what is the same in both commits is not written again, and
 * what the head does not have is taken away.
 *
 * @param before the folder of the repository that was there
 */
export async function takeIndex(repository: NewRepository, before: string): Promise<Overwritten> {
  try {
    await copyIndex(before, repository.folder);
    await withoutFlags(repository);
    return { paths: await changedPaths(repository), isUnknown: false };
  } catch (error) {
    if (!(error instanceof GitTrouble)) {
      throw error;
    }
    await rm(join(repository.folder, "index"), { force: true });
    return { paths: [], isUnknown: true };
  }
}

async function copyIndex(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  for (const name of names.filter((one) => /^(?:index|sharedindex\.[0-9a-f]+)$/.test(one))) {
    await copyFile(join(from, name), join(to, name));
    // its own time tells git which files it has to look at
    const { atime, mtime } = await stat(join(from, name));
    await utimes(join(to, name), atime, mtime);
  }
}

/** Steps that lead to somewhere else: git believes its index, and would remove a file there. */
const otherPlace = /(?:^|\/)(?:\.{0,2}|\.git)(?:\/|$)/i;

/** Files that git was told to leave alone (a sparse checkout's, above all) are files like others for the head. */
async function withoutFlags(repository: NewRepository): Promise<void> {
  const listed = await repository.git(["ls-files", "-v", "-z"]);
  const entries = listed.split("\0").filter((entry) => entry !== "");
  if (entries.some((entry) => otherPlace.test(entry.slice(2)))) {
    throw new GitTrouble("the index names what is no path of the workspace");
  }
  const paths = (wanted: RegExp) =>
    entries.filter((entry) => wanted.test(entry)).map((entry) => entry.slice(2));
  await clear("--no-assume-unchanged", paths(/^[a-z] /));
  await clear("--no-skip-worktree", paths(/^s /i));

  async function clear(flag: string, flagged: readonly string[]): Promise<void> {
    if (flagged.length > 0) {
      const input = flagged.map((path) => Buffer.from(`${path}\0`, "latin1"));
      await repository.git(["update-index", flag, "-z", "--stdin"], { input });
    }
  }
}

/** What earlier steps have changed. Afterwards git knows of all others that they are as they were. */
async function changedPaths(repository: NewRepository): Promise<readonly string[]> {
  const found: Buffer[] = [];
  await repository
    .git(["update-index", "--ignore-submodules", "--unmerged", "--refresh"], {
      take: (chunk) => void found.push(chunk),
    })
    .catch((error: unknown) => {
      // it ends with 1, and without words, where it has found any
      if (!(error instanceof GitTrouble) || error.said !== "") {
        throw error;
      }
    });
  const lines = Buffer.concat(found)
    .toString("utf8")
    .matchAll(/^(.+): needs (?:update|merge)$/gm);
  return [...lines].map(([, path = ""]) => path);
}

/**
 * Makes index and files those of a commit. git looks first and writes then: where it refuses, nothing has been changed.
 *
 * @throws Trouble
 */
export async function switchTo(repository: NewRepository, commit: string): Promise<void> {
  try {
    await repository.git(["read-tree", "--reset", "-u", commit]);
  } catch (error) {
    if (!(error instanceof GitTrouble)) {
      throw error;
    }
    const isFull = /No space left on device|Disk quota exceeded/.test(error.said);
    const why = isFull ? "the runner's disk is full" : error.message;
    throw new Trouble(
      `\`checkout: head\` could not write the files of ${commit} into the workspace: ${why}. Files there may be those of either commit: let no later step use them`,
    );
  }
}

/** What was overwritten, in a sentence; undefined where nothing was. */
export function tellOverwritten({ paths, isUnknown }: Overwritten): string | undefined {
  if (isUnknown) {
    return "what earlier steps had checked out could not be told from what they made: files that the pull request's head does not have are still in the workspace";
  }
  if (paths.length === 0) {
    return undefined;
  }
  const shown = paths.slice(0, 5).map((path) => oneLine(path, 100));
  const more = paths.length > 5 ? `, and ${paths.length - 5} more` : "";
  return `files that earlier steps had changed are now those of the pull request's head: ${shown.join(", ")}${more}. To change them for the task, use \`run-preflight\``;
}
