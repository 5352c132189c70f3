import { isUtf8 } from "node:buffer";
import pLimit from "p-limit";
import { z } from "zod";
import { checked, shaSchema, type Unread } from "./checked.ts";
import type { Api } from "./client.ts";

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

/** An answer that names what was made. */
export const object = z.object({ sha: shaSchema });

export const differs: Unread = {
  status: 200,
  why: "what GitHub has made of it is not what was sent",
};

/** Held in memory and sent at the same time. */
const atOnce = 4;
/** Text goes along with the tree, up to so many bytes in all: it takes no request of its own. */
const mostAlong = 4 * 1024 * 1024;
/** GitHub takes 80 new things a minute, and 500 an hour, of which others make some. */
const mostSent = 200;

/**
 * Sends what a commit has of new bytes, as far as it does not go along with the tree.
 *
 * @returns the texts that do, by the blobs' ids
 */
export async function sendContents(
  api: Api,
  entries: readonly TreeEntry[],
): Promise<Done<ReadonlyMap<string, string>>> {
  const blobs = new Map(entries.flatMap(({ id, content }) => (content ? [[id, content]] : [])));
  const times = Map.groupBy(entries, ({ id }) => id);
  const texts = new Map<string, string>();
  const limit = pLimit(atOnce);
  let failed: Unread | undefined;
  let room = mostAlong;
  let sent = 0;
  await limit.map([...blobs], async ([id, content]) => {
    if (failed !== undefined) {
      return;
    }
    const bytes = await content();
    const size = bytes.length * (times.get(id)?.length ?? 1);
    if (isPlain(bytes) && size <= room) {
      room -= size;
      texts.set(id, bytes.toString("utf8"));
      return;
    }
    sent += 1;
    if (sent > mostSent) {
      failed ??= tooMany;
      return;
    }
    const made = await checked(api, object, "POST /repos/{owner}/{repo}/git/blobs", {
      content: bytes.toString("base64"),
      encoding: "base64",
    });
    if (!("value" in made)) {
      failed ??= made;
    } else if (made.value.sha !== id) {
      failed ??= differs;
    }
  });
  return failed ?? { value: texts };
}

const tooMany: Unread = {
  status: 200,
  why: `more than ${mostSent} files are no text, or text beyond ${mostAlong / 1024 / 1024} MiB: GitHub takes no more at a time`,
};

/** Text that JSON can say as it is. An empty one might be taken for none. */
function isPlain(bytes: Buffer): boolean {
  return bytes.length > 0 && !bytes.includes(0) && isUtf8(bytes);
}
