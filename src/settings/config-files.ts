import { realpath } from "node:fs/promises";
import { isAbsolute, posix, relative, resolve } from "node:path";
import { type DefaultBranch, Unreadable } from "../github/default-branch.ts";
import { quote } from "./problem.ts";
import type { Origin } from "./raw.ts";
import { isGits, isInside, readWorkspaceFile, UnusableFile } from "./workspace-file.ts";

/** Reads the file that a setting names. */
export type ReadFile = (path: string) => Promise<Buffer>;

/**
 * Reads the files that settings name: the environment file, scripts, prompts, the agent's own.
 *
 * - Relative paths are read in the checkout; where a default branch is given, there instead, and never in the checkout,
 *   whatever goes wrong.
 * - An absolute path in a file is refused. As an input it is read on this machine, but not in the workspace where that
 *   is a stranger's: there it means what the relative one does.
 *
 * @throws UnusableFile
 */
export async function readConfigFile(
  path: string,
  origin: Origin,
  workspace: string,
  defaultBranch: DefaultBranch | undefined,
): Promise<Buffer> {
  if (isAbsolute(path) && origin === "file") {
    throw new UnusableFile(
      `${quote(path)} is absolute; in a file a path is relative to the workspace`,
    );
  }
  if (origin === "file" && isGits(path)) {
    throw new UnusableFile(`${quote(path)} is git's own; logins of the job may be there`);
  }
  if (defaultBranch === undefined) {
    return readWorkspaceFile(workspace, path);
  }
  const inRepository = await pathInRepository(path, workspace);
  if (inRepository === undefined) {
    return readWorkspaceFile(workspace, path);
  }
  if (inRepository.split("/").includes("..")) {
    throw new UnusableFile(`${quote(path)} leads out of the workspace`);
  }
  try {
    return await defaultBranch.read(inRepository);
  } catch (error) {
    if (error instanceof Unreadable) {
      throw new UnusableFile(`${quote(path)} ${error.message}`);
    }
    throw error;
  }
}

/** Where a path is in the repository; undefined for one elsewhere on this machine. */
async function pathInRepository(path: string, workspace: string): Promise<string | undefined> {
  if (!isAbsolute(path)) {
    return posix.normalize(path);
  }
  const full = resolve(path);
  const real = await realpath(full).catch(() => full);
  const root = await realpath(workspace).catch(() => workspace);
  for (const [folder, place] of [
    [resolve(workspace), full],
    [root, real],
  ] as const) {
    if (isInside(folder, place)) {
      return relative(folder, place);
    }
  }
  return undefined;
}
