import { appendFile, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { readSafely } from "./content.ts";
import { type Checkout, copyRepository } from "./git-folder.ts";
import { borrowedFolder, outsideFolder } from "./git-mount.ts";

const mostSettings = 1024 * 1024;

/**
 * Whether a repository's folder that lies out of the workspace says itself that the workspace is its working tree: one of
 * several (`git worktree`), or a submodule's. What a file of the workspace says is not enough: it may name any folder.
 */
export async function isOfWorkspace(checkout: Checkout, workspace: string): Promise<boolean> {
  const { folder, common } = checkout;
  try {
    const root = await realpath(workspace);
    for (const name of ["objects", "refs"]) {
      if (!(await stat(join(common, name))).isDirectory()) {
        return false;
      }
    }
    if (readSafely(join(common, "HEAD"), 1_000) === undefined) {
      return false;
    }
    if (folder === common) {
      const tree = workTreeIn(readSafely(join(folder, "config"), mostSettings) ?? "");
      return tree !== undefined && (await realpath(resolve(folder, tree))) === root;
    }
    const back = readSafely(join(folder, "gitdir"), 16_384)?.trimEnd();
    return (
      worktreeOf(checkout) !== undefined &&
      back !== undefined &&
      basename(back) === ".git" &&
      (await realpath(dirname(resolve(folder, back)))) === root
    );
  } catch {
    return false;
  }
}

/** `worktrees/NAME`, where git keeps what is one working tree's own; undefined for any other place. Pure. */
export function worktreeOf({ folder, common }: Checkout): string | undefined {
  const way = relative(common, folder);
  return /^worktrees\/[^/]+$/.test(way) ? way : undefined;
}

/** The working tree that a repository's settings name, as they are written; undefined where they name none. Pure. */
export function workTreeIn(config: string): string | undefined {
  let section = "";
  let found: string | undefined;
  for (const line of config.split(/\r?\n/)) {
    section = /^\s*\[(.*?)\]/.exec(line)?.[1]?.toLowerCase() ?? section;
    const value = /^\s*(?:\[core\]\s*)?worktree\s*=\s*(.*?)\s*$/i.exec(line)?.[1];
    if (section === "core" && value !== undefined) {
      found = value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, "$1") : value;
    }
  }
  return found;
}

/**
 * Copies such a repository, as its own folder would be copied, and makes the copy one of the container's workspace.
 *
 * @param workdir where the container has the workspace
 * @returns what stands in the `.git` file that leads to it
 * @throws NotCopied
 */
export async function copyOutside(
  checkout: Checkout,
  to: string,
  workdir: string,
  copyObjects: boolean,
): Promise<string> {
  await copyRepository(checkout.common, to, borrowedFolder, copyObjects);
  const worktree = worktreeOf(checkout);
  if (worktree === undefined) {
    // the last that is said counts
    const quoted = workdir.replace(/["\\]/g, "\\$&");
    await appendFile(join(to, "config"), `\n[core]\n\tworktree = "${quoted}"\n`);
    return `gitdir: ${outsideFolder}\n`;
  }
  const all = join(to, "worktrees");
  for (const name of await readdir(all)) {
    if (name !== basename(worktree)) {
      await rm(join(all, name), { recursive: true, force: true }); // others' are no matter of this task
    }
  }
  await writeFile(join(to, worktree, "commondir"), "../..\n");
  await writeFile(join(to, worktree, "gitdir"), `${workdir}/.git\n`);
  return `gitdir: ${outsideFolder}/${worktree}\n`;
}
