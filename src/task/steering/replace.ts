import { lstatSync } from "node:fs";
import { join, relative } from "node:path";
import type { CommitTree } from "../../github/commit-tree.ts";
import { reasonOf } from "../../log/trouble.ts";
import { steers } from "../../policy/steering.ts";
import { fullPath, pathOf, readable } from "../changes/paths.ts";
import { contentsOf } from "./contents.ts";
import { findSteering } from "./find.ts";
import { fileWord, fingerprintOf, linkWord, listingOf, roomForAll } from "./listing.ts";
import { moveWhole } from "./move.ts";
import { NotReplaced } from "./not-replaced.ts";
import { type Place, placeOf } from "./places.ts";
import { putBack } from "./put-back.ts";
import { asideIn, type SteeringState, writeState } from "./state.ts";
import { type Replacement, tellReplacement } from "./tell.ts";
import { isOfInterest, type Wanted, wantedOf } from "./wanted.ts";
import { writeAll } from "./write.ts";

export interface Replaced {
  /** What was replaced, removed or added: each file, relative to the workspace, sorted; one character a byte. */
  readonly paths: readonly string[];
  /** For the log; undefined where the task gets what is checked out anyway. */
  readonly line: string | undefined;
  readonly warnings: readonly string[];
  /** Whether a path, one character a byte, is none of the task's changes, whatever the task makes of it. */
  is(path: string): boolean;
  /** Where a file of the workspace has been moved to, by its path as text; undefined where it still is. */
  whereIs(path: string): string | undefined;
}

export interface ReplaceOptions {
  readonly workspace: string;
  /** The run's folder: what is moved away lies in it. */
  readonly scratch: string;
  /** @throws Error with the reason why it cannot be read */
  readonly tree: (wants: (folder: string) => boolean) => Promise<CommitTree>;
  /** Called before anything is moved: from then on it has to be put back. */
  readonly begun: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** What the default branch has, or why that is not known. */
interface Branch {
  readonly source: Replacement["source"];
  readonly leftOut: readonly string[];
  readonly wanted: ReadonlyMap<string, Wanted>;
  readonly tree: CommitTree | undefined;
}

/**
 * Takes all that steers an agent away from a workspace, and puts what the default branch has in its place. `putBack`
 * undoes it, in this process or in another.
 *
 * @throws NotReplaced; then everything is as it was, or `putBack` has to be called again
 */
export async function replaceSteering(options: ReplaceOptions): Promise<Replaced> {
  const { workspace, scratch, signal } = options;
  const [{ parts, unreadable }, branch] = await Promise.all([
    findSteering(workspace, { signal }),
    readBranch(options),
  ]);
  const gone = new Set(parts);
  const idBytes = branch.tree?.entries[0]?.id.length === 64 ? 32 : 20;
  const room = roomForAll();
  const before = new Map(parts.flatMap((part) => [...listingOf(workspace, part, room, idBytes)]));
  const places = new Map<string, Place>();
  for (const path of branch.wanted.keys()) {
    const place = placeOf(workspace, path, gone);
    if (place !== undefined) {
      places.set(path, place);
    }
  }
  const { wanted, contents, source } = await bring(branch, places, workspace);
  if (parts.length > 0 || wanted.size > 0) {
    const used = [...wanted.keys()].flatMap((path) => places.get(path) ?? []);
    const made = [...new Set(used.flatMap(({ make }) => make ?? []))];
    const written = [...new Set(used.map(({ part }) => part))];
    await exchange({ workspace, moved: [...parts], made, written }, wanted, contents, options);
  }
  const words = new Map([...wanted].map(([path, one]) => [path, wordOf(one)]));
  const fromBranch = [...words].filter(([path, word]) => before.get(path) !== word);
  const told = {
    fromBranch: fromBranch.map(([path]) => path).toSorted(),
    removed: [...before.keys()].filter((path) => !words.has(path)).toSorted(),
    leftOut: branch.leftOut,
    ...{ unreadable, source },
  };
  return {
    paths: [...told.fromBranch, ...told.removed].toSorted(),
    ...tellReplacement(told),
    is: (path) => steers(path) || parts.some((part) => isAt(part, path)),
    whereIs(path) {
      const index = parts.findIndex((part) => isAt(part, pathOf(path)));
      const [part] = index < 0 ? [] : parts.slice(index);
      return part && join(asideIn(scratch, index), relative(readable(part), path));
    },
  };
}

function isAt(part: string, path: string): boolean {
  return path === part || path.startsWith(`${part}/`);
}

function wordOf(wanted: Wanted): string {
  return wanted.kind === "link" ? linkWord(wanted.target) : fileWord(wanted.executable, wanted.id);
}

async function readBranch({ workspace, tree }: ReplaceOptions): Promise<Branch> {
  const nothing = { wanted: new Map(), leftOut: [], tree: undefined };
  if (lstatSync(join(workspace, ".git"), { throwIfNoEntry: false }) === undefined) {
    return { ...nothing, source: { why: "no repository is checked out at the workspace's top" } };
  }
  try {
    const all = await tree(isOfInterest);
    return { ...(await wantedOf(all)), source: all, tree: all };
  } catch (error) {
    return { ...nothing, source: { why: reasonOf(error) } };
  }
}

/** What has a place, with what it holds: all of it or nothing. */
async function bring(
  { wanted, tree, source }: Branch,
  places: ReadonlyMap<string, Place>,
  workspace: string,
): Promise<Pick<Branch, "wanted" | "source"> & { contents: ReadonlyMap<string, Buffer> }> {
  const placed = new Map([...wanted].filter(([path]) => places.has(path)));
  try {
    const contents = tree && (await contentsOf(placed, workspace, tree));
    return { wanted: placed, contents: contents ?? new Map(), source };
  } catch (error) {
    return { wanted: new Map(), contents: new Map(), source: { why: reasonOf(error) } };
  }
}

/** Moves and writes, all or nothing. */
async function exchange(
  state: SteeringState,
  wanted: ReadonlyMap<string, Wanted>,
  contents: ReadonlyMap<string, Buffer>,
  { workspace, scratch, begun, signal }: ReplaceOptions,
): Promise<void> {
  const { moved, made, written } = state;
  try {
    await writeState(scratch, state);
    begun();
    for (const [index, part] of moved.entries()) {
      signal?.throwIfAborted();
      await moveWhole(fullPath(workspace, part), asideIn(scratch, index));
    }
    await writeAll(workspace, made, wanted, contents);
    const room = roomForAll();
    const given = [...new Set([...moved, ...written])].map((part): [string, string] => [
      part,
      fingerprintOf(listingOf(workspace, part, room)),
    ]);
    await writeState(scratch, { ...state, given });
  } catch (error) {
    await putBack(scratch, { known: true });
    throw new NotReplaced(reasonOf(error));
  }
}
