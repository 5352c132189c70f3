import { chmod, lchown, mkdir, symlink, writeFile } from "node:fs/promises";
import { steeringPart } from "../../policy/steering.ts";
import { fullPath } from "../changes/paths.ts";
import { ownerOf } from "../workspace/plan.ts";
import type { Wanted } from "./wanted.ts";

/**
 * Writes files and links into a workspace, given to its owner. Nothing is written over anything: what stood in the way
 * is gone.
 *
 * @param made folders to be made before
 * @param contents by their names
 */
export async function writeAll(
  workspace: string,
  made: readonly string[],
  wanted: ReadonlyMap<string, Wanted>,
  contents: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const owner = await ownerOf(workspace);
  const give = async (path: string | Buffer) => {
    if (process.getuid?.() === 0) {
      await lchown(path, owner.uid, owner.gid);
    }
  };
  const folders = new Set<string>();
  const makeFolder = async (folder: string) => {
    if (!folders.has(folder)) {
      folders.add(folder);
      await mkdir(fullPath(workspace, folder));
      await give(fullPath(workspace, folder));
    }
  };
  for (const folder of made) {
    await makeFolder(folder);
  }
  for (const [path, one] of wanted) {
    const part = steeringPart(path) ?? path;
    for (let at = part.length; at > 0 && at < path.length; at = path.indexOf("/", at + 1)) {
      await makeFolder(path.slice(0, at));
    }
    const full = fullPath(workspace, path);
    if (one.kind === "link") {
      await symlink(Buffer.from(one.target, "latin1"), full);
    } else {
      await writeFile(full, contents.get(one.id) ?? "", { flag: "wx" });
      await chmod(full, one.executable ? 0o755 : 0o644);
    }
    await give(full);
  }
}
