/** What the stand-in of GitHub's API does with a repository's git objects: they are in a real bare repository. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, Reply, Routes } from "./server.ts";

export interface GitData {
  /** The bare repository. */
  readonly folder: string;
  readonly defaultBranch: string;
  /** Whose the token is: in commits that name nobody. */
  readonly account: string;
  readonly pulls: { head: string; base: string; title: string; body: string }[];
}

interface TreeLine {
  readonly path: string;
  readonly mode: string;
  readonly sha: string | null;
}

const notFound: Reply = { status: 404, body: { message: "Not Found" } };
const invalid = (message: string): Reply => ({ status: 422, body: { message } });

/** Blobs, trees, commits and branches as GitHub's documentation has them. */
export function gitDataRoutes(data: GitData): Routes {
  const repo = "/repos/:owner/:repo";
  const git = (args: readonly string[], input: string | Buffer = "", env: object = {}) =>
    execFileSync("git", args, {
      cwd: data.folder,
      input,
      stdio: "pipe",
      env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", ...env },
    }).toString("latin1");
  const has = (name: string, type: string) => {
    try {
      return git(["cat-file", "-t", name]).trim() === type;
    } catch {
      return false;
    }
  };
  const idOf = (name: string) => git(["rev-parse", "--verify", name]).trim();

  const commitJson = (sha: string) => {
    const [tree = "", author = "", ...parents] = git([
      ...["show", "--no-patch", "--format=%T%n%an%n%P", sha],
    ])
      .trim()
      .split(/\n| (?=[0-9a-f]{40}$)/);
    return {
      sha,
      tree: { sha: tree },
      author: { name: author },
      parents: parents.map((one) => ({ sha: one })),
    };
  };
  const refJson = (ref: string) => ({ ref, object: { type: "commit", sha: idOf(ref) } });

  function tree({ body }: Call): Reply {
    const { base_tree: base, tree: lines } = body as { base_tree: string; tree: TreeLine[] };
    const folder = mkdtempSync(join(tmpdir(), "agent-runner-tree-"));
    try {
      const env = { GIT_INDEX_FILE: join(folder, "index") };
      git(["read-tree", base], "", env);
      const known = new Set(git(["ls-files", "-z"], "", env).split("\0"));
      const path = (text: string) => Buffer.from(text).toString("latin1");
      const gone = lines.filter(({ sha }) => sha === null);
      if (gone.some((line) => !known.has(path(line.path)))) {
        return invalid("GitRPC::BadObjectState");
      }
      const there = lines.filter(({ sha }) => sha !== null);
      if (there.some(({ sha }) => !has(sha ?? "", "blob"))) {
        return invalid("tree.sha is not a valid blob");
      }
      const line = (mode: string, sha: string, of: TreeLine) => `${mode} ${sha}\t${of.path}\0`;
      const none = "0".repeat(40);
      git(
        ["update-index", "-z", "--index-info"],
        [
          ...gone.map((of) => line("0", none, of)),
          ...there.map((of) => line(of.mode, of.sha ?? "", of)),
        ].join(""),
        env,
      );
      return { status: 201, body: { sha: git(["write-tree"], "", env).trim() } };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  function commit({ body }: Call): Reply {
    const given = body as { message: string; tree: string; parents: string[]; author?: unknown };
    if (given.author !== undefined) return invalid("the test gives no author");
    const parents = given.parents.flatMap((one) => ["-p", one]);
    const name = data.account;
    const sha = git(["commit-tree", given.tree, ...parents], given.message, {
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: `${name}@users.noreply.github.com` },
      ...{ GIT_COMMITTER_NAME: "GitHub", GIT_COMMITTER_EMAIL: "noreply@github.com" },
    }).trim();
    return { status: 201, body: commitJson(sha) };
  }

  return {
    [`GET ${repo}`]: () => ({ body: { default_branch: data.defaultBranch, archived: false } }),
    [`GET ${repo}/git/commits/:sha`]: ({ params: { sha = "" } }) =>
      has(sha, "commit") ? { body: commitJson(sha) } : notFound,
    [`POST ${repo}/git/blobs`]: ({ body }) => {
      const { content, encoding } = body as { content: string; encoding?: string };
      const bytes = Buffer.from(content, encoding === "base64" ? "base64" : "utf8");
      return { status: 201, body: { sha: git(["hash-object", "-w", "--stdin"], bytes).trim() } };
    },
    [`POST ${repo}/git/trees`]: tree,
    [`POST ${repo}/git/commits`]: commit,
    [`GET ${repo}/git/ref/*ref`]: ({ params }) =>
      has(`refs/${params.ref}`, "commit") ? { body: refJson(`refs/${params.ref}`) } : notFound,
    [`PATCH ${repo}/git/refs/*ref`]: ({ params, body }) => {
      const { sha, force } = body as { sha: string; force?: boolean };
      const ref = `refs/${params.ref}`;
      if (!has(ref, "commit")) return invalid("Reference does not exist");
      const isForward = git(["rev-list", "--count", ref, `^${sha}`]).trim() === "0";
      if (!isForward && !force) return invalid("Update is not a fast forward");
      git(["update-ref", ref, sha]);
      return { body: refJson(ref) };
    },
    [`POST ${repo}/git/refs`]: ({ body }) => {
      const { ref, sha } = body as { ref: string; sha: string };
      if (has(ref, "commit")) return invalid("Reference already exists");
      git(["update-ref", ref, sha]);
      return { status: 201, body: refJson(ref) };
    },
    [`POST ${repo}/pulls`]: ({ body, params }) => {
      const wanted = body as GitData["pulls"][number];
      if (!has(`refs/heads/${wanted.base}`, "commit")) return invalid("Validation Failed");
      data.pulls.push(wanted);
      const number = 100 + data.pulls.length;
      const page = `https://github.com/${params.owner}/${params.repo}/pull/${number}`;
      return { status: 201, body: { number, html_url: page } };
    },
  };
}
