/** git as tests call it: in a folder, with nothing of this machine's settings. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

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

export type Files = Readonly<Record<string, string | Buffer>>;

export function commit(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    write(folder, path, content);
  }
  git(folder, "add", "--all");
  git(folder, "commit", "--quiet", "--allow-empty", "--message=x");
  // so that no file is as young as the index, which git does not believe then
  git(folder, "-c", "core.trustctime=false", "update-index", "--refresh", "-q");
}
