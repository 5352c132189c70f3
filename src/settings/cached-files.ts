import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { glob } from "tinyglobby";
import type { CachedFile } from "../keys/components.ts";
import { quote } from "./problem.ts";
import { isGits, isInside, UnusableFile } from "./workspace-file.ts";

/** A cached file with the place its bytes are read from. */
export interface StagedFile extends CachedFile {
  readonly source: string;
}

/**
 * Finds the files of `cached-files` in the workspace: regular files only, hidden ones too but git's own, symbolic
 * links never (one could lead out of the workspace).
 *
 * @throws UnusableFile when a glob matches no file.
 */
export async function findCachedFiles(
  workspace: string,
  globs: readonly string[],
): Promise<readonly StagedFile[]> {
  const paths = new Set<string>();
  for (const pattern of globs) {
    const found = await glob(pattern, {
      cwd: workspace,
      dot: true,
      onlyFiles: true,
      followSymbolicLinks: false,
      expandDirectories: false,
    });
    // not the glob: `..` can be written in ways that only a reader of globs understands
    const outside = found.find((path) => !isInside(resolve(workspace), resolve(workspace, path)));
    if (outside !== undefined) {
      throw new UnusableFile(`${quote(pattern)} leads out of the workspace, to ${quote(outside)}`);
    }
    const regular = await onlyRegular(workspace, found.filter((path) => !isGits(path)).toSorted());
    if (regular.length === 0) {
      throw new UnusableFile(`${quote(pattern)} matches no regular file in ${workspace}`);
    }
    for (const path of regular) {
      paths.add(path);
    }
  }
  return Promise.all([...paths].map((path) => describeFile(workspace, path)));
}

/** No link is followed on the way either: `out/*` with a linked `out` leads out of the workspace. */
async function onlyRegular(workspace: string, paths: readonly string[]): Promise<string[]> {
  const root = await realpath(workspace);
  const usable = await Promise.all(
    paths.map(async (path) => {
      const full = join(workspace, path);
      const isFile = (await lstat(full)).isFile();
      return isFile && (await realpath(dirname(full))) === join(root, dirname(path));
    }),
  );
  return paths.filter((_, index) => usable[index]);
}

async function describeFile(workspace: string, path: string): Promise<StagedFile> {
  const source = join(workspace, path);
  const { mode } = await lstat(source);
  const hash = createHash("sha256");
  await pipeline(createReadStream(source), hash);
  return {
    path: path.replaceAll("\\", "/"),
    mode: (mode & 0o100) === 0 ? "644" : "755",
    sha256: hash.digest("hex"),
    source,
  };
}
