import { z } from "zod";
import { shaSchema as id } from "./checked.ts";

/** One path of a commit. */
export interface TreeEntry {
  /** Relative, with `/`; as the API has it, which no file system has seen yet. */
  readonly path: string;
  /** As git writes it: `100644`, `100755`, `120000` a link, `040000` a folder, `160000` a submodule. */
  readonly mode: string;
  /** The name of its content. */
  readonly id: string;
  /** In bytes, of a file. */
  readonly size: number;
}

/** All paths of one commit. */
export interface CommitTree {
  /** `main, abc1234` */
  readonly at: string;
  readonly entries: readonly TreeEntry[];
  /** GitHub's list was cut off: of folders only those that were wanted are in it. */
  readonly isCut: boolean;
  /**
   * What a file or link of it holds. Untrusted: whoever asks compares it with its name.
   *
   * @throws Error when it cannot be had
   */
  blob(id: string): Promise<Buffer>;
}

const treeSchema = z.object({
  truncated: z.boolean(),
  tree: z.array(
    z.object({
      path: z.string().min(1).max(4_095),
      mode: z.string().regex(/^[0-7]{6}$/),
      sha: id,
      size: z.number().int().nonnegative().optional(),
    }),
  ),
});
const blobSchema = z.object({
  encoding: z.literal("base64"),
  content: z.string(),
  size: z.number(),
});

/**
 * Lists a commit by one request; where it has more than GitHub lists (100,000 entries), by one a folder that is wanted.
 *
 * @param get asks the repository's API
 * @param wants whether a folder at the top is of interest
 * @throws z.ZodError, and what `get` throws
 */
export async function readTree(
  get: (path: string, query?: string) => Promise<unknown>,
  { branch, sha }: { readonly branch: string; readonly sha: string },
  wants: (folder: string) => boolean,
): Promise<CommitTree> {
  const list = async (of: string, query?: string) => {
    const { tree, truncated } = treeSchema.parse(await get(`/git/trees/${of}`, query));
    return {
      truncated,
      entries: tree.map(({ sha, size = 0, ...rest }) => ({ ...rest, id: sha, size })),
    };
  };
  const all = await list(sha, "?recursive=1");
  const entries = all.truncated ? [...(await list(sha)).entries] : all.entries;
  if (all.truncated) {
    for (const folder of entries.filter(({ mode, path }) => mode === folderMode && wants(path))) {
      const below = await list(folder.id, "?recursive=1");
      const whole = below.truncated ? [] : below.entries;
      entries.push(...whole.map((entry) => ({ ...entry, path: `${folder.path}/${entry.path}` })));
    }
  }
  return {
    at: `${branch}, ${sha.slice(0, 7)}`,
    entries,
    isCut: all.truncated,
    async blob(name) {
      const { content, size } = blobSchema.parse(await get(`/git/blobs/${name}`));
      const bytes = Buffer.from(content, "base64");
      if (bytes.length !== size) {
        throw new Error("GitHub's answer is not whole"); // base64 is read leniently
      }
      return bytes;
    },
  };
}

const folderMode = "040000";
