import { lstatSync } from "node:fs";
import { lchown, mkdir, rm, rmdir } from "node:fs/promises";
import { reasonOf } from "../../log/trouble.ts";
import { fullPath } from "../changes/paths.ts";
import { ownerOf } from "../workspace/plan.ts";
import { findSteering } from "./find.ts";
import { fingerprintOf, listingOf, roomForAll } from "./listing.ts";
import { moveWhole, removeWhole } from "./move.ts";
import { wayTo } from "./places.ts";
import { asideIn, folderIn, readState, type SteeringState } from "./state.ts";
import { tellChanged, tellLost, tellNotBack } from "./tell.ts";

export interface PutBack {
  readonly warnings: readonly string[];
  /** Something is left that may succeed later: the workspace is not the runner's yet. */
  readonly unfinished: boolean;
}

/**
 * Puts the workspace's own steering files back, and removes what the task made of their places and where there were
 * none. Nothing of the task may run any more. Nothing is reached through a link; may be called again.
 *
 * @param scratch the run's folder, where they are
 * @param options with `known` the rest of the workspace is not searched for new ones: there is no time for it
 */
export async function putBack(
  scratch: string,
  { known = false, signal }: { readonly known?: boolean; readonly signal?: AbortSignal } = {},
): Promise<PutBack> {
  const state = await readState(scratch).catch((error) => reasonOf(error));
  if (typeof state !== "object") {
    const lost = state && tellLost(folderIn(scratch));
    return { warnings: lost ? [lost] : [], unfinished: lost !== undefined };
  }
  const changed = changedParts(state);
  const found = known ? [] : await newParts(state, signal);
  const warnings: string[] = [];
  const left: string[] = [];
  let why = "";
  const attempt = async (part: string, act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      left.push(part);
      why = reasonOf(error);
    }
  };
  const { workspace, moved } = state;
  const isMoved = new Set(moved);
  const own = state.written.filter((part) => !isMoved.has(part));
  for (const part of [...own, ...found]) {
    await attempt(part, () => removeAt(workspace, part));
  }
  for (const folder of state.made) {
    if (wayTo(workspace, folder) === "open") {
      // what the task has put into it keeps it
      await rmdir(fullPath(workspace, folder)).catch(() => {});
    }
  }
  for (const [index, part] of moved.entries()) {
    await attempt(part, () => bringBack(workspace, part, asideIn(scratch, index)));
  }
  const told = [...changed, ...found].toSorted();
  if (told.length > 0) {
    warnings.push(tellChanged(told));
  }
  if (left.length > 0) {
    warnings.push(tellNotBack(left.toSorted(), folderIn(scratch), why));
  } else {
    await rm(folderIn(scratch), { recursive: true, force: true }).catch(() => {});
  }
  return { warnings, unfinished: left.length > 0 };
}

/** Of what the task made something else. Nothing, where it had not been given all of it. */
function changedParts({ workspace, given = [] }: SteeringState): readonly string[] {
  const room = roomForAll();
  return given.flatMap(([part, fingerprint]) => {
    const now = wayTo(workspace, part) === "open" ? listingOf(workspace, part, room) : new Map();
    return fingerprintOf(now) === fingerprint ? [] : [part];
  });
}

/** What steers and is nobody's but the task's. Nothing, where it cannot be looked for. */
async function newParts(
  { workspace, moved, written }: SteeringState,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const passed = new Set([...moved, ...written]);
  try {
    const { parts } = await findSteering(workspace, { passed, signal });
    // an empty folder is nothing: tools make some
    return parts.filter(
      (part) => listingOf(workspace, part, { entries: 1_000, bytes: 0 }).size > 0,
    );
  } catch {
    return [];
  }
}

async function removeAt(workspace: string, part: string): Promise<void> {
  if (wayTo(workspace, part) === "open") {
    await removeWhole(fullPath(workspace, part));
  }
}

async function bringBack(workspace: string, part: string, aside: string): Promise<void> {
  if (lstatSync(aside, { throwIfNoEntry: false }) === undefined) {
    return; // it was never moved, or is back already
  }
  const way = wayTo(workspace, part);
  if (way === "closed") {
    throw new Error("there is a link or a file now where their folder was");
  }
  if (way === "missing") {
    await makeFolders(workspace, part);
  }
  await removeWhole(fullPath(workspace, part));
  await moveWhole(aside, fullPath(workspace, part));
}

/** The folders that the task has removed. */
async function makeFolders(workspace: string, part: string): Promise<void> {
  const { uid, gid } = await ownerOf(workspace);
  const steps = part.split("/").slice(0, -1);
  for (let at = 1; at <= steps.length; at += 1) {
    const folder = fullPath(workspace, steps.slice(0, at).join("/"));
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
      await mkdir(folder);
      if (process.getuid?.() === 0) {
        await lchown(folder, uid, gid);
      }
    }
  }
}
