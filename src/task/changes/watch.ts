import { lstat, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commitOf } from "../../checkout/head-commit.ts";
import { oneLine } from "../../log/text.ts";
import type { Timeline } from "../../log/timeline.ts";
import { reasonOf } from "../../log/trouble.ts";
import { type ChangedFile, changedFile, judged, tellLeftOut } from "./changed-file.ts";
import { type IdBytes, readSafely } from "./content.ts";
import { repositoryDifferences, repositoryState, tellDifferences } from "./git-differences.ts";
import {
  type Checkout,
  checkoutOf,
  copyRepository,
  type GitEntry,
  gitEntryOf,
  isOpenToAll,
  restoreGitEntry,
} from "./git-folder.ts";
import { borrowedFolder, type GitMount, type Over } from "./git-mount.ts";
import { type IndexFile, parseIndex } from "./index-file.ts";
import { copyOutside, isOfWorkspace } from "./outside.ts";
import { type OwnRepository, ownRepository } from "./own-repository.ts";
import { writePatch } from "./patch.ts";
import { pathOf, readable } from "./paths.ts";
import { changesSince, type Snapshot, type SnapshotOptions, takeSnapshot } from "./snapshot.ts";
import { keepTree, type TaskTree } from "./tree.ts";

/** What a task changed in the workspace. */
export interface TaskChanges {
  readonly files: readonly ChangedFile[];
  /** A patch for `git apply`; undefined where there is nothing in it, or it could not be made. */
  readonly patchPath: string | undefined;
  /** The same as a commit would have it, where that was asked for. */
  readonly tree?: TaskTree | undefined;
  /** Why there can be none, in a sentence without its full stop. */
  readonly noTree?: string | undefined;
}

export interface WatchOptions {
  /** What is no change of the task's, whatever becomes of it. */
  readonly leftOut?: SnapshotOptions["leftOut"];
  /** Whether what changed is to be committed: then it is kept as git would have it, too. */
  readonly forCommit?: boolean;
  /** Whether nobody wants what changed: it is listed, and no patch made. */
  readonly listOnly?: boolean;
  /** Where the container has the workspace. */
  readonly workdir?: string;
}

/** Looks after one workspace while a task has it. */
export interface Watch {
  readonly git: GitMount | undefined;
  readonly over: Over | undefined;
  /** Paths of which the workspace keeps its own, whatever the task made of them. */
  readonly apart: readonly string[];
  /** What stands at `.git`; after the task, `putBack` sees to that. */
  readonly entry: GitEntry;
  /** Looks at the workspace as it is before the task. Never fails: what went wrong is told with the changes. */
  look(): Promise<void>;
  /** What has changed, once nothing of the task runs any more and the workspace is handed back. Never fails. */
  changes(signal?: AbortSignal): Promise<{
    readonly changes: TaskChanges | undefined;
    readonly warnings: readonly string[];
  }>;
}

/** The workspace's watch, which looks at it meanwhile. */
export interface Watching {
  readonly watch: Watch;
  /** Settled once it has looked: then the workspace may be given to somebody else. */
  readonly looking: Promise<void>;
}

function whyNoTree(files: number, checkout: object | undefined): string {
  if (files === 0) {
    return "none of the changed files can be committed; the log says why";
  }
  return checkout === undefined
    ? "there is no checkout in the workspace; put `actions/checkout` before this step"
    : "the repository in the workspace has no commit yet";
}

/** Begins to look after a workspace, beside whatever comes before the task. */
export async function beginWatching(
  workspace: string,
  folder: string,
  {
    environment,
    timeline,
    ...options
  }: WatchOptions & { readonly environment: NodeJS.ProcessEnv; readonly timeline: Timeline },
): Promise<Watching> {
  const watch = await watchWorkspace(workspace, folder, environment, options);
  return { watch, looking: timeline.measure("look at the workspace", () => watch.look()) };
}

/** Where what is not copied back into the workspace is written. */
export function asideIn(scratch: string): string {
  return join(scratch, "git-aside");
}

function copyIn(scratch: string): string {
  return join(scratch, "git");
}

function pointerIn(scratch: string): string {
  return join(scratch, "git-pointer");
}

/** Removes what the task had in the place of the repository's folder. Never fails. */
export async function removeCopies(scratch: string): Promise<void> {
  for (const folder of [copyIn(scratch), asideIn(scratch), pointerIn(scratch)]) {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Where a repository is moved that the task has made. */
export function madeIn(scratch: string): string {
  return join(scratch, "git-of-the-task");
}

export function whatIsMade(scratch: string): string {
  return `the task has put something in the place of \`.git\`, where it was not: it is as it was before. What the task made is in ${madeIn(scratch)}; git would obey the settings in it`;
}

/**
 * Begins to look after a workspace: gives the task a repository's folder of its own.
 *
 * @param scratch the run's folder
 */
export async function watchWorkspace(
  workspace: string,
  scratch: string,
  environment: NodeJS.ProcessEnv,
  { leftOut, forCommit = false, listOnly = false, workdir = "/workspace" }: WatchOptions = {},
): Promise<Watch> {
  const warnings: string[] = [];
  const entry = gitEntryOf(workspace);
  const checkout = await checkoutOf(workspace, entry);
  const isOutside = checkout !== undefined && checkout.inside === undefined;
  const git = await (isOutside
    ? gitOutside(checkout, workspace, scratch, workdir)
    : gitMount(checkout, scratch)
  ).catch((error) => {
    warnings.push(
      isOutside
        ? `the task has no git: no copy could be made for it of the repository that \`.git\` leads to (${reasonOf(error)})`
        : `the task can read \`.git\` and not write it: no copy could be made for it (${reasonOf(error)})`,
    );
    return readOnlyMount(checkout);
  });
  const over = git && {
    folder: git.source,
    at: git.at,
    readonly: git.readonly,
    ...(git.pointer !== undefined && { outside: true }),
  };
  // what is the workspace's own in the copy is not as it was: it is compared with itself
  const outsideBefore = git?.pointer === undefined ? undefined : await repositoryState(git.source);
  const apart = [
    ...new Set([".git", ...(checkout?.inside === undefined ? [] : [checkout.inside])]),
  ];
  let before: Snapshot | undefined;
  const commit = checkout && (await commitOf(checkout));
  return {
    git,
    over,
    apart,
    entry,
    async look() {
      try {
        const known = checkout && (await readIndex(checkout, commit));
        const root = { apart: new Set(apart.map(pathOf)), leftOut };
        before = await takeSnapshot(workspace, { ...known, ...root });
      } catch (error) {
        warnings.push(notTold(error));
      }
    },
    async changes(signal) {
      const found: string[] = [...warnings];
      const told = await tell(found, signal).catch((error) => {
        found.push(notTold(error));
        return undefined;
      });
      return { changes: told, warnings: found };
    },
  };

  async function tell(found: string[], signal: AbortSignal | undefined) {
    found.push(...(await gitChanges()));
    await removeCopies(scratch);
    if (before === undefined) {
      return undefined;
    }
    const { differences, unreadable } = await changesSince(before, signal);
    if (unreadable.length > 0) {
      const names = unreadable.slice(0, 5).map((path) => readable(path) || ".");
      found.push(oneLine(`these folders could not be looked at: ${names.join(", ")}`, 500));
    }
    const all = judged(differences, before.index);
    const files = all.map(changedFile);
    if (listOnly) {
      return { files, patchPath: undefined };
    }
    found.push(...tellLeftOut(files).map((line) => oneLine(line, 500)));
    const wanted = all.filter(({ leftOut }) => leftOut === undefined);
    if (files.length === 0) {
      return { files, patchPath: undefined };
    }
    if (wanted.length === 0 || checkout === undefined || commit === undefined) {
      return { files, patchPath: undefined, noTree: whyNoTree(wanted.length, checkout) };
    }
    const file = join(scratch, "changes.patch");
    const own = join(scratch, "git-for-patch");
    try {
      const objects = join(checkout.common, "objects");
      const repository = await ownRepository(own, objects, idBytesOf(commit), environment);
      const { index } = before;
      const options = { repository, commit, root: workspace, index, signal };
      const written = await writePatch(wanted, file, options);
      const tree = await treeOf(repository, forCommit && written, found, signal);
      return { files, patchPath: written ? file : undefined, tree };
    } catch (error) {
      found.push(`no patch could be made of what the task changed: ${reasonOf(error)}`);
      return { files, patchPath: undefined };
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  }

  /** Never fails: without it there is the patch. */
  async function treeOf(
    repository: OwnRepository,
    isWanted: boolean,
    found: string[],
    signal: AbortSignal | undefined,
  ) {
    if (!isWanted || commit === undefined) {
      return undefined;
    }
    try {
      return await keepTree(repository, commit, join(scratch, "changes-tree"), signal);
    } catch (error) {
      found.push(`what the task changed could not be kept for a commit: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** What the task did to the repository's folder. */
  async function gitChanges(): Promise<readonly string[]> {
    if (await restoreGitEntry(workspace, entry, madeIn(scratch))) {
      return [whatIsMade(scratch)];
    }
    const copied = join(asideIn(scratch), checkout?.inside ?? ".git");
    const isCopied = (await lstat(copied).catch(() => undefined)) !== undefined;
    const after = isCopied ? copied : git?.readonly ? undefined : git?.source;
    if (outsideBefore !== undefined && git !== undefined && !isCopied) {
      const states = [outsideBefore, await repositoryState(git.source)] as const;
      return [tellDifferences(repositoryDifferences(...states)) ?? []].flat();
    }
    if (checkout?.inside === undefined || after === undefined) {
      return isCopied
        ? [
            "the task has made a repository of the workspace, which is not kept: there was none before",
          ]
        : [];
    }
    const states = await Promise.all([checkout.folder, after].map(repositoryState));
    const words = repositoryDifferences(states[0] ?? new Map(), states[1] ?? new Map());
    return [tellDifferences(words) ?? []].flat();
  }
}

function notTold(error: unknown): string {
  return `what the task changed cannot be told: ${reasonOf(error)}`;
}

async function gitMount(
  checkout: Checkout | undefined,
  scratch: string,
): Promise<GitMount | undefined> {
  if (checkout?.inside === undefined) {
    return undefined;
  }
  const { folder, inside } = checkout;
  const source = copyIn(scratch);
  const copyObjects = !(await isOpenToAll(checkout));
  await mkdir(source, { recursive: true });
  await copyRepository(folder, source, borrowedFolder, copyObjects);
  return { source, at: inside, readonly: false, borrowed: copyObjects ? undefined : folder };
}

/** The same for a repository that `.git` leads to, out of the workspace, where that is the workspace's indeed. */
async function gitOutside(
  checkout: Checkout,
  workspace: string,
  scratch: string,
  workdir: string,
): Promise<GitMount | undefined> {
  if (!(await isOfWorkspace(checkout, workspace))) {
    return undefined;
  }
  const source = copyIn(scratch);
  const copyObjects = !(await isOpenToAll(checkout));
  await mkdir(source, { recursive: true });
  const text = await copyOutside(checkout, source, workdir, copyObjects);
  const pointer = pointerIn(scratch);
  await writeFile(pointer, text);
  const borrowed = copyObjects ? undefined : checkout.common;
  return { source, at: ".git", readonly: false, borrowed, pointer };
}

function readOnlyMount(checkout: Checkout | undefined): GitMount | undefined {
  return checkout?.inside === undefined
    ? undefined
    : { source: checkout.folder, at: checkout.inside, readonly: true, borrowed: undefined };
}

function idBytesOf(commit: string | undefined): IdBytes {
  return commit?.length === 64 ? 32 : 20;
}

async function readIndex(
  { folder, common }: Checkout,
  commit: string | undefined,
): Promise<{ index: IndexFile | undefined; indexMs: number; exclude: string }> {
  const path = join(folder, "index");
  const exclude = readSafely(join(common, "info", "exclude"), 1024 * 1024) ?? "";
  const bytes = await readFile(path).catch(() => undefined);
  const index = bytes && parseIndex(bytes, idBytesOf(commit));
  const indexMs = bytes === undefined ? 0 : (await stat(path)).mtimeMs;
  return { index, indexMs, exclude };
}
