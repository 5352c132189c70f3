import pLimit from "p-limit";
import { z } from "zod";
import { checked, shaSchema, type Unread } from "./checked.ts";
import type { Api } from "./client.ts";

// Commits through GitHub's REST API: its git database. Nothing of git runs here, and no branch moves but by one request.

/** Done; or what GitHub said instead. */
export type Done<T> = { readonly value: T } | Unread;

/** One path of a commit. */
export interface TreeEntry {
  /** As GitHub's API takes it: text. */
  readonly path: string;
  /** Undefined where it is deleted. */
  readonly mode: "100644" | "100755" | "120000" | undefined;
  /** The blob's id. */
  readonly id: string;
  /** What it holds; undefined where GitHub has the blob. */
  readonly content: (() => Promise<Buffer>) | undefined;
}

export interface NewCommit {
  readonly parent: string;
  readonly entries: readonly TreeEntry[];
  /** The id of the tree that has to come of it. */
  readonly tree: string;
  readonly message: string;
}

const object = z.object({ sha: shaSchema });
const commit = object.extend({
  tree: object,
  parents: z.array(object).optional(),
  author: z.object({ name: z.string() }).nullish(),
});
const reference = z.object({ ref: z.string(), object });

/** Held in memory and sent at the same time. */
const atOnce = 4;

/**
 * Writes a commit that no branch has yet. No author and no committer is given: then GitHub takes the token's own, and
 * signs for an app's.
 */
export async function writeCommit(
  api: Api,
  { parent, entries, tree, message }: NewCommit,
): Promise<Done<{ readonly sha: string; readonly author: string }>> {
  const route = "GET /repos/{owner}/{repo}/git/commits/{commit_sha}";
  const known = await checked(api, commit, route, { commit_sha: parent });
  if (!("value" in known)) {
    return known;
  }
  const unwritten = await writeBlobs(api, entries);
  if (unwritten !== undefined) {
    return unwritten;
  }
  const lines = entries.map(({ path, mode, id }) => ({
    path,
    mode: mode ?? "100644",
    type: "blob",
    sha: mode === undefined ? null : id,
  }));
  // a file where a folder was, or the other way round: first the one goes, then the other comes
  const parts = inEachOthersWay(entries)
    ? [lines.filter(({ sha }) => sha === null), lines.filter(({ sha }) => sha !== null)]
    : [lines];
  let made = known.value.tree.sha;
  for (const part of parts) {
    const next = await checked(api, object, "POST /repos/{owner}/{repo}/git/trees", {
      base_tree: made,
      tree: part,
    });
    if (!("value" in next)) {
      return next;
    }
    made = next.value.sha;
  }
  if (made !== tree) {
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

/** Whether one path is a folder of another. */
function inEachOthersWay(entries: readonly TreeEntry[]): boolean {
  const paths = new Set(entries.map(({ path }) => path));
  return entries.some(({ path }) =>
    [...path.matchAll(/\//g)].some(({ index }) => paths.has(path.slice(0, index))),
  );
}

const differs: Unread = { status: 200, why: "what GitHub has made of it is not what was sent" };

/** Answers what went wrong. */
async function writeBlobs(api: Api, entries: readonly TreeEntry[]): Promise<Unread | undefined> {
  const blobs = new Map(entries.flatMap(({ id, content }) => (content ? [[id, content]] : [])));
  const limit = pLimit(atOnce);
  let failed: Unread | undefined;
  await limit.map([...blobs], async ([id, content]) => {
    if (failed !== undefined) {
      return;
    }
    const bytes = (await content()).toString("base64");
    const made = await checked(api, object, "POST /repos/{owner}/{repo}/git/blobs", {
      content: bytes,
      encoding: "base64",
    });
    if (!("value" in made)) {
      failed ??= made;
    } else if (made.value.sha !== id) {
      failed ??= differs;
    }
  });
  return failed;
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
