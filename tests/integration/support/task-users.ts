/** Workspaces of the runner's user, and images whose user is another. */
import { chown, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { USER_BASE_IMAGE } from "../../harness/base-image.ts";
import { workspaceWith } from "./workspace.ts";

/** GitHub's hosted runners have 1001, and the tests' image has 4321: neither may write what the other has. */
export const runner = { uid: 1001, gid: 1001 };

/** The inputs of a task whose image has a USER that is neither root nor the workspace's owner. */
export const asImageUser = { "base-image": USER_BASE_IMAGE };

/** A workspace that belongs to the runner's user, all of it. */
export async function runnersWorkspace(
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const workspace = await workspaceWith(files);
  await giveToRunner(workspace);
  return workspace;
}

export async function giveToRunner(folder: string): Promise<void> {
  await chown(folder, runner.uid, runner.gid);
  for (const path of await everythingIn(folder)) await lchown(path, runner.uid, runner.gid);
}

/** Every path below a folder, links themselves: what a link leads to is another's. */
export async function everythingIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    paths.push(path, ...(entry.isDirectory() ? await everythingIn(path) : []));
  }
  return paths;
}

/** The paths below a folder, and itself, that do not belong to the runner's user. */
export async function foreignIn(folder: string): Promise<string[]> {
  const foreign: string[] = [];
  for (const path of [folder, ...(await everythingIn(folder))]) {
    const { uid, gid } = await lstat(path);
    if (uid !== runner.uid || gid !== runner.gid) foreign.push(`${path} ${uid}:${gid}`);
  }
  return foreign;
}
