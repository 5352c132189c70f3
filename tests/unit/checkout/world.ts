import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkOut } from "../../../src/checkout/checkout.ts";
import type { CheckoutRequest } from "../../../src/checkout/request.ts";
import { type GitServerOptions, gitServerOfTest } from "../../harness/git-server.ts";
import { workspace } from "../settings/workspace.ts";
import { commit, git } from "../task/changes/repository.ts";

export type Files = Readonly<Record<string, string>>;

/** What GitHub has: the repository `o/r` with its main branch, and a pull request's head, whose branch is elsewhere. */
export interface Origin {
  readonly root: string;
  /** The bare repository. */
  readonly bare: string;
  /** Where its commits are made. */
  readonly work: string;
  readonly base: string;
  readonly head: string;
  readonly mergeBase: string;
}

/**
 * @param ahead more commits on main since the pull request left it, made without files of their own
 */
export function origin(
  main: Files,
  change: (work: string) => void,
  { ahead = 0 }: { ahead?: number } = {},
): Origin {
  const [root, work] = [workspace(), workspace()];
  const bare = join(root, "o", "r.git");
  git(work, "init", "--quiet", "--initial-branch=main");
  commit(work, main);
  const mergeBase = tip(work);
  git(work, "switch", "--quiet", "--create", "change");
  change(work);
  const head = tip(work);
  git(work, "switch", "--quiet", "main");
  more(work, ahead);
  git(work, "clone", "--quiet", "--bare", "--single-branch", "--branch=main", work, bare);
  git(bare, "fetch", "--quiet", work, `+${head}:refs/pull/7/head`);
  return { root, bare, work, base: tip(work), head, mergeBase };
}

/** Made when it is first asked for: for tests that leave it as it is. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Empty commits, many at once. */
function more(work: string, commits: number): void {
  const one = (at: number) =>
    `commit refs/heads/main\ncommitter a <a@localhost> ${at + 1} +0000\ndata 2\nx\n${at === 0 ? `from ${tip(work)}\n` : ""}\n`;
  const input = Array.from({ length: commits }, (_, at) => one(at)).join("");
  execFileSync("git", ["fast-import", "--quiet"], { cwd: work, input });
}

export const tip = (folder: string) => git(folder, "rev-parse", "HEAD").trim();

/** Runs it for a pull request of `origin`, and tells what git was asked for. */
export async function world(of: Origin, options: GitServerOptions = {}) {
  const server = await gitServerOfTest(of.root, options);
  const folder = workspace();
  const scratch = workspace();
  const { environment, commands } = watchedGit();
  const request: CheckoutRequest = {
    workspace: folder,
    serverUrl: server.url,
    repository: "o/r",
    token: options.token,
    number: 7,
    head: { sha: of.head },
    base: { ref: "main", sha: of.base },
    depth: undefined,
    environment,
    signal: new AbortController().signal,
    scratch,
    retryAfterMs: 1,
  };
  return {
    server,
    folder,
    scratch,
    commands,
    request,
    checkOut: (more: Partial<CheckoutRequest> = {}) => checkOut({ ...request, ...more }),
    /** As `actions/checkout` does it for a comment: main, one commit deep unless something else is said. */
    checkoutMain: (...options: string[]) => {
      const depth = options.length > 0 ? options : ["--depth=1"];
      git(folder, "clone", "--quiet", ...depth, `file://${of.bare}`, ".");
      git(folder, "remote", "set-url", "origin", `${server.url}/o/r`);
    },
  };
}

const realGit = once(() => execFileSync("which", ["git"], { encoding: "utf8" }).trim());

/** git by a way that notes what it is asked for. */
function watchedGit() {
  const bin = workspace();
  const log = join(bin, "log");
  // with what the shell has itself: it is run for every command
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> ${log}\nexport -p >> ${log}.env\nexec ${realGit()} "$@"\n`;
  writeFileSync(join(bin, "git"), script);
  chmodSync(join(bin, "git"), 0o755);
  const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
  return {
    environment: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: workspace(),
      INPUT_SECRET: "canary-of-the-step",
      GIT_TRACE: "1",
      GIT_DIR: "/nowhere",
    } as NodeJS.ProcessEnv,
    commands: {
      /** A line a command. */
      all: () => read(log).split("\n").slice(0, -1),
      /** Their first words. */
      names: () =>
        read(log)
          .split("\n")
          .slice(0, -1)
          .map((line) => line.split(" ")[0]),
      environment: () => read(`${log}.env`),
    },
  };
}
