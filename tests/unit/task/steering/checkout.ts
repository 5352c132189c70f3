/** A workspace in the place of a stranger's checkout, and a default branch that is no API. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { CommitTree, TreeEntry } from "../../../../src/github/commit-tree.ts";
import { blobId } from "../../../../src/task/changes/content.ts";
import { putBack } from "../../../../src/task/steering/put-back.ts";
import { type Replaced, replaceSteering } from "../../../../src/task/steering/replace.ts";
import { workspace } from "../../settings/workspace.ts";

/** A text is a file; `tool` one that may be executed, `link` a link, `submodule` another repository's commit. */
export type BranchEntry = string | { tool: string } | { link: string } | { submodule: true };

export interface Branch extends CommitTree {
  /** Which contents were asked for. */
  readonly asked: string[];
}

export function branchOf(files: Record<string, BranchEntry>, isCut = false): Branch {
  const contents = new Map<string, Buffer>();
  const folders = new Set<string>();
  const asked: string[] = [];
  const entries = Object.entries(files).map(([path, entry]): TreeEntry => {
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
      folders.add(path.slice(0, at));
    }
    if (typeof entry !== "string" && "submodule" in entry) {
      return { path, mode: "160000", id: "5".repeat(40), size: 0 };
    }
    const [mode, text] =
      typeof entry === "string"
        ? ["100644", entry]
        : "tool" in entry
          ? ["100755", entry.tool]
          : ["120000", entry.link];
    const bytes = Buffer.from(text);
    const id = blobId(bytes, 20);
    contents.set(id, bytes);
    return { path, mode, id, size: bytes.length };
  });
  const trees = [...folders].map((path) => ({
    ...{ path, mode: "040000", id: "7".repeat(40), size: 0 },
  }));
  return {
    at: "main, abc1234",
    entries: [...trees, ...entries],
    isCut,
    asked,
    async blob(id) {
      const bytes = contents.get(id);
      asked.push(bytes?.toString() ?? id);
      if (bytes === undefined) throw new Error("no such file");
      return bytes;
    },
  };
}

/** A folder with a `.git`, as a checkout has one. */
export function checkout(files: Record<string, string | Buffer>): string {
  return workspace({ ".git/HEAD": "ref: refs/heads/x\n", ...files });
}

export interface Replacing {
  readonly replaced: Replaced;
  readonly scratch: string;
  readonly begun: () => number;
  back(): ReturnType<typeof putBack>;
}

export async function replacing(
  folder: string,
  branch: CommitTree | Error,
  scratch = workspace(),
): Promise<Replacing> {
  let begun = 0;
  const replaced = await replaceSteering({
    workspace: folder,
    scratch,
    tree: async () => {
      if (branch instanceof Error) throw branch;
      return branch;
    },
    begun: () => {
      begun += 1;
    },
  });
  return { replaced, scratch, begun: () => begun, back: () => putBack(scratch) };
}

/** All that is below a folder, by path: mode and content, or where a link leads. */
export function everything(folder: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below))) {
    const path = join(below, name);
    const there = lstatSync(join(folder, path));
    const mode = (there.mode & 0o7777).toString(8);
    if (there.isSymbolicLink()) {
      found[path] = `-> ${readlinkSync(join(folder, path))}`;
    } else if (there.isDirectory()) {
      found[`${path}/`] = mode;
      Object.assign(found, everything(folder, path));
    } else {
      found[path] = there.isFile() ? `${mode} ${readFileSync(join(folder, path))}` : "special";
    }
  }
  return found;
}

/** The same with what a rename keeps beside it. */
export function inDetail(folder: string): Record<string, string> {
  const details = Object.entries(everything(folder)).map(([path, what]) => {
    const { mtimeMs, uid, gid, ino } = lstatSync(join(folder, path));
    // a folder's own time says that something in it was moved
    return [path, path.endsWith("/") ? what : `${what} ${mtimeMs} ${uid}:${gid} ${ino}`] as const;
  });
  return Object.fromEntries(details);
}
