/**
 * What the stand-in of GitHub's API says of a repository itself, read from a real bare one: its default branch, commits,
 * trees and files; and who may do what.
 * https://docs.github.com/en/rest/repos/contents, https://docs.github.com/en/rest/git, https://docs.github.com/en/rest/collaborators
 */
import { execFileSync } from "node:child_process";
import type { Reply, Routes } from "./server.ts";

export interface Bare {
  readonly folder: string;
  readonly branch: string;
  /** Built-in role of a user; others are no collaborators. */
  readonly roles: ReadonlyMap<string, string>;
}

const repo = "/repos/:owner/:repo";
const notFound: Reply = { status: 404, body: { message: "Not Found" } };

export function repositoryRoutes({ folder, branch, roles }: Bare): Routes {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const asked = (answer: () => Reply): Reply => {
    try {
      return answer();
    } catch {
      return notFound; // git knows no such object
    }
  };
  const blob = (sha: string) => {
    const bytes = git("cat-file", "blob", sha);
    const content = bytes.toString("base64").replace(/.{60}/g, "$&\n");
    return { sha, size: bytes.length, encoding: "base64", content };
  };
  return {
    [`GET ${repo}`]: ({ params }) => ({
      body: { full_name: `${params.owner}/${params.repo}`, default_branch: branch },
    }),
    [`GET ${repo}/git/ref/*ref`]: ({ params }) =>
      asked(() => {
        const sha = git("rev-parse", "--verify", `refs/${params.ref}`).toString().trim();
        return { body: { ref: `refs/${params.ref}`, object: { type: "commit", sha } } };
      }),
    [`GET ${repo}/git/trees/:sha`]: ({ params, query }) =>
      asked(() => {
        const deep = query.has("recursive") ? ["-r", "-t"] : [];
        const lines = git("ls-tree", "-z", "--long", ...deep, params.sha ?? "").toString();
        const tree = [...lines.matchAll(/(\d+) (\w+) (\w+) +(\S+)\t([^\0]+)\0/g)].map(
          ([, mode, type, sha, size, path]) => ({
            ...{ path, mode, type, sha },
            ...(type === "blob" ? { size: Number(size) } : {}),
          }),
        );
        return { body: { sha: params.sha, tree, truncated: false } };
      }),
    [`GET ${repo}/git/blobs/:sha`]: ({ params }) => asked(() => ({ body: blob(params.sha ?? "") })),
    [`GET ${repo}/contents/*path`]: ({ params, query }) =>
      asked(() => {
        const { path = "" } = params;
        const at = `${query.get("ref") ?? branch}:${path}`;
        const sha = git("rev-parse", "--verify", at).toString().trim();
        return { body: { type: "file", path, ...blob(sha) } };
      }),
    [`GET ${repo}/collaborators/:user/permission`]: ({ params }) => {
      const role = roles.get(params.user ?? "");
      if (role === undefined) return { status: 404, body: { message: "is not a user" } };
      const permission = { triage: "read", maintain: "write" }[role] ?? role;
      const user = { login: params.user, type: "User" };
      return { body: { permission, role_name: role, user } };
    },
  };
}
