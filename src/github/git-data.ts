import { z } from "zod";
import { checked } from "./checked.ts";
import type { Api } from "./client.ts";
import { type Done, differs, object, sendContents, type TreeEntry } from "./commit-contents.ts";

// Commits through GitHub's REST API: its git database. Nothing of git runs here, and no branch moves but by one request.

export interface NewCommit {
  readonly parent: string;
  /** The id of the parent's tree. */
  readonly base: string;
  readonly entries: readonly TreeEntry[];
  /** The id of the tree that has to come of it. */
  readonly tree: string;
  readonly message: string;
}

const commit = object.extend({
  tree: object,
  parents: z.array(object).optional(),
  author: z.object({ name: z.string() }).nullish(),
});
const reference = z.object({ ref: z.string(), object });

/**
 * Writes a commit that no branch has yet. No author and no committer is given: then GitHub takes the token's own, and
 * signs for an app's.
 */
export async function writeCommit(
  api: Api,
  { parent, base, entries, tree, message }: NewCommit,
): Promise<Done<{ readonly sha: string; readonly author: string }>> {
  const contents = await sendContents(api, entries);
  if (!("value" in contents)) {
    return contents;
  }
  const lines = entries.map((entry) => lineOf(entry, contents.value));
  const made = await writeTrees(api, base, lines);
  if (!("value" in made)) {
    return made;
  }
  if (made.value !== tree) {
    return differs;
  }
  const written = await checked(api, commit, "POST /repos/{owner}/{repo}/git/commits", {
    message,
    tree,
    parents: [parent],
  });
  if (!("value" in written)) {
    return written;
  }
  const { sha, tree: has, parents, author } = written.value;
  const isOurs = has.sha === tree && (parents ?? [{ sha: parent }])[0]?.sha === parent;
  return isOurs ? { value: { sha, author: author?.name ?? "" } } : differs;
}

/** A line of a tree, as GitHub takes it: with the blob, or with its text. */
interface TreeLine {
  readonly path: string;
  readonly mode: string;
  readonly type: "blob";
  readonly sha?: string | null;
  readonly content?: string;
}

function lineOf({ path, mode, id }: TreeEntry, texts: ReadonlyMap<string, string>): TreeLine {
  if (mode === undefined) {
    return { path, mode: "100644", type: "blob", sha: null };
  }
  const content = texts.get(id);
  return content === undefined
    ? { path, mode, type: "blob", sha: id }
    : { path, mode, type: "blob", content };
}

/**
 * The tree with the changes. A file where a folder was, or the other way round, takes two: how GitHub reads both at once
 * is written nowhere.
 */
async function writeTrees(
  api: Api,
  base: string,
  lines: readonly TreeLine[],
): Promise<Done<string>> {
  const isGone = ({ sha }: TreeLine) => sha === null;
  const steps = inEachOthersWay(lines)
    ? [lines.filter(isGone), lines.filter((line) => !isGone(line))]
    : [lines];
  let tree = base;
  for (const step of steps) {
    const route = "POST /repos/{owner}/{repo}/git/trees";
    const made = await checked(api, object, route, { base_tree: tree, tree: step });
    if (!("value" in made)) {
      return made;
    }
    tree = made.value.sha;
  }
  return { value: tree };
}

function inEachOthersWay(lines: readonly TreeLine[]): boolean {
  const paths = new Set(lines.map(({ path }) => path));
  return lines.some(({ path }) =>
    [...path.matchAll(/\//g)].some(({ index }) => paths.has(path.slice(0, index))),
  );
}

/** The commit that a branch has. */
export async function branchTip(api: Api, branch: string): Promise<Done<string>> {
  const route = "GET /repos/{owner}/{repo}/git/ref/{ref}";
  const read = await checked(api, reference, route, { ref: `heads/${branch}` });
  return "value" in read ? { value: read.value.object.sha } : read;
}

/** Moves a branch on to a commit of ours, which is refused where it has another one meanwhile. */
export async function moveBranch(api: Api, branch: string, sha: string): Promise<Done<string>> {
  const route = "PATCH /repos/{owner}/{repo}/git/refs/{ref}";
  const ref = `heads/${branch}`;
  const moved = await checked(api, reference, route, { ref, sha, force: false });
  return hasIt(moved, sha);
}

export async function createBranch(api: Api, branch: string, sha: string): Promise<Done<string>> {
  const route = "POST /repos/{owner}/{repo}/git/refs";
  return hasIt(await checked(api, reference, route, { ref: `refs/heads/${branch}`, sha }), sha);
}

function hasIt(answer: Done<z.output<typeof reference>>, sha: string): Done<string> {
  return !("value" in answer) ? answer : answer.value.object.sha === sha ? { value: sha } : differs;
}

const pullRequest = z.object({
  number: z.number().int().positive(),
  html_url: z.url({ protocol: /^https?$/ }),
});

export async function openPullRequest(
  api: Api,
  wanted: Readonly<Record<"head" | "base" | "title" | "body", string>>,
): Promise<Done<{ readonly number: number; readonly url: string }>> {
  const made = await checked(api, pullRequest, "POST /repos/{owner}/{repo}/pulls", wanted);
  return "value" in made
    ? { value: { number: made.value.number, url: made.value.html_url } }
    : made;
}

const repository = z.object({ default_branch: z.string(), archived: z.boolean().optional() });

export async function repositoryOf(api: Api): Promise<Done<z.output<typeof repository>>> {
  return checked(api, repository, "GET /repos/{owner}/{repo}", {});
}
