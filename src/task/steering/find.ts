import { type Dirent, lstatSync, readdirSync, statSync } from "node:fs";
import { holdsSteering, steeringPart } from "../../policy/steering.ts";
import { fullPath } from "../changes/paths.ts";
import { inSlices } from "../changes/slices.ts";
import { NotReplaced } from "./not-replaced.ts";

/** What is found in a workspace; paths with one character a byte. */
export interface FoundSteering {
  /** Files, folders and whatever else steers, none below another. */
  readonly parts: readonly string[];
  /** Folders that could not be looked into. */
  readonly unreadable: readonly string[];
}

/** More than this is no workspace: of each only the name is read. */
const mostEntries = 5_000_000;
/** More parts than this were made to be in the way. */
const mostParts = 20_000;
const longestMs = 60_000;

/**
 * Finds what steers an agent, in ignored folders too. Follows no link, enters no repository's own folder and no other
 * file system, and opens nothing.
 *
 * @param options of a folder in `passed` nothing is looked at
 * @throws NotReplaced when there is too much
 */
export async function findSteering(
  workspace: string,
  {
    passed = new Set(),
    signal,
    limitMs = longestMs,
  }: {
    readonly passed?: ReadonlySet<string>;
    readonly signal?: AbortSignal | undefined;
    readonly limitMs?: number;
  } = {},
): Promise<FoundSteering> {
  const device = statSync(workspace).dev;
  const parts: string[] = [];
  const unreadable: string[] = [];
  const folders = [""];
  const slices = inSlices();
  const end = performance.now() + limitMs;
  let room = mostEntries;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await slices(signal);
    const entries = entriesOf(fullPath(workspace, folder));
    if (entries === undefined) {
      unreadable.push(folder);
      continue;
    }
    room -= entries.length;
    if (room < 0 || parts.length > mostParts || performance.now() > end) {
      throw new NotReplaced("there is too much in the workspace to look through");
    }
    for (const entry of entries) {
      const name = entry.name.toString("latin1");
      const path = folder === "" ? name : `${folder}/${name}`;
      if (name === ".git" || passed.has(path)) {
        continue;
      }
      // what is above it has been looked at before, and does not steer
      const isFolder = entry.isDirectory();
      if (steeringPart(path) === path || (!isFolder && holdsSteering(name))) {
        parts.push(path);
      } else if (isFolder && deviceOf(fullPath(workspace, path)) === device) {
        folders.push(path);
      }
    }
  }
  return { parts: parts.toSorted(), unreadable };
}

function entriesOf(folder: string | Buffer): readonly Dirent<Buffer>[] | undefined {
  try {
    return readdirSync(folder, { encoding: "buffer", withFileTypes: true });
  } catch {
    return undefined;
  }
}

function deviceOf(path: string | Buffer): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.dev;
}
