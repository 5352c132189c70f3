import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type WatchOptions, watchWorkspace } from "../../../../src/task/changes/watch.ts";
import { workspace } from "../../settings/workspace.ts";

/** Nothing of this machine's own git settings. */
const plain = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@localhost",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@localhost",
};

export function git(folder: string, ...args: string[]): string {
  const options = { cwd: folder, env: plain, encoding: "latin1", stdio: "pipe" } as const;
  return execFileSync("git", ["-c", "protocol.file.allow=always", ...args], options);
}

export function write(folder: string, path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), mode);
}

type Files = Readonly<Record<string, string | Buffer>>;

/** A repository with these files in its first commit. */
export function repository(files: Files, ...init: string[]): string {
  const folder = workspace({});
  git(folder, "init", "--quiet", "--initial-branch=main", ...init);
  commit(folder, files);
  return folder;
}

export function commit(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    write(folder, path, content);
  }
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--allow-empty", "--message=x");
  // so that no file is as young as the index, which git does not believe then
  git(folder, "-c", "core.trustctime=false", "update-index", "--refresh", "-q");
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
