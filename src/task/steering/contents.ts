import type { CommitTree } from "../../github/commit-tree.ts";
import { blobId, readBytes } from "../changes/content.ts";
import { fullPath } from "../changes/paths.ts";
import { checkedBlob, type Wanted } from "./wanted.ts";

/** Requests at a time. */
const atOnce = 8;
/** A job's token has 1,000 requests an hour for a repository. */
const mostRequests = 200;

/**
 * What wanted files hold, by their names. Where the workspace has the very same it is taken from there, and nothing is
 * asked.
 *
 * @throws Error when it cannot all be had
 */
export async function contentsOf(
  wanted: ReadonlyMap<string, Wanted>,
  workspace: string,
  tree: Pick<CommitTree, "blob">,
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  const missing = new Set<string>();
  for (const [path, one] of wanted) {
    if (one.kind === "file" && !contents.has(one.id)) {
      const own = readBytes(fullPath(workspace, path), one.size);
      if (own !== undefined && blobId(own, one.id.length === 64 ? 32 : 20) === one.id) {
        contents.set(one.id, own);
        missing.delete(one.id);
      } else {
        missing.add(one.id);
      }
    }
  }
  if (missing.size > mostRequests) {
    throw new Error(`more than ${mostRequests} of its files are other than here`);
  }
  const ids = [...missing];
  for (let at = 0; at < ids.length; at += atOnce) {
    const some = ids.slice(at, at + atOnce);
    const bytes = await Promise.all(some.map((id) => checkedBlob(tree, id)));
    for (const [index, id] of some.entries()) {
      contents.set(id, bytes[index] as Buffer);
    }
  }
  return contents;
}
