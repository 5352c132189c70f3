import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { type WatchOptions, watchWorkspace } from "../../../../src/task/changes/watch.ts";
import { commit, type Files, git, write } from "../../../harness/git.ts";
import { workspace } from "../../settings/workspace.ts";

export { commit, git, write };

/** A repository with these files in its first commit. */
export function repository(files: Files, ...init: string[]): string {
  const folder = workspace({});
  git(folder, "init", "--quiet", "--initial-branch=main", ...init);
  commit(folder, files);
  return folder;
}

/** A clone, as a runner has it after `actions/checkout`. */
export function clone(of: string, ...options: string[]): string {
  const folder = workspace({});
  git(folder, "clone", "--quiet", ...options, `file://${of}`, ".");
  return folder;
}

/** Looks, lets something happen, and tells what has changed. The task has a repository's folder of its own. */
export async function changesBy(
  folder: string,
  act: (copy: string) => unknown,
  environment = process.env,
  options: WatchOptions = {},
) {
  const scratch = workspace({});
  const watch = await watchWorkspace(folder, scratch, environment, options);
  await watch.look();
  await act(watch.git?.source ?? "");
  const { changes, warnings } = await watch.changes();
  return { changes, warnings, patch: changes?.patchPath, scratch, files: changes?.files ?? [] };
}

/** Every file and link of a tree with what it is: path, mode, content. */
export function treeOf(folder: string): string {
  const lines: string[] = [];
  const walk = (at: Buffer) => {
    for (const entry of readdirSync(at, { encoding: "buffer", withFileTypes: true })) {
      const path = Buffer.concat([at, Buffer.from("/"), entry.name]);
      if (entry.isDirectory() && entry.name.toString() !== ".git") {
        walk(path);
      } else if (entry.isSymbolicLink()) {
        lines.push(`${path.toString("latin1").slice(folder.length)} -> ${readlinkSync(path)}`);
      } else if (entry.isFile()) {
        const tool = (statSync(path).mode & 0o100) !== 0;
        const name = path.toString("latin1").slice(folder.length);
        lines.push(`${name} ${tool} ${readFileSync(path).toString("base64")}`);
      }
    }
  };
  walk(Buffer.from(folder));
  return lines.toSorted().join("\n");
}
