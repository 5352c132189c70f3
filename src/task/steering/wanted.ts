import { dirname } from "node:path/posix";
import type { CommitTree, TreeEntry } from "../../github/commit-tree.ts";
import { holdsSteering, steers } from "../../policy/steering.ts";
import { blobId } from "../changes/content.ts";
import { isGitsOwn, pathOf } from "../changes/paths.ts";

/** What is to be at a path of the workspace. */
export type Wanted =
  | {
      readonly kind: "file";
      readonly id: string;
      readonly executable: boolean;
      readonly size: number;
    }
  /** One character a byte. */
  | { readonly kind: "link"; readonly target: string };

export interface WantedSteering {
  /** By path, one character a byte. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** What the default branch has and cannot be brought. */
  readonly leftOut: readonly string[];
}

const mostFiles = 500;
const mostBytes = 10 * 1024 * 1024;
const mostHops = 5;
const longestTarget = 4_095;

/** Folders whose paths are needed where GitHub lists only some. */
export function isOfInterest(folder: string): boolean {
  return steers(folder) || holdsSteering(folder);
}

/**
 * What of the default branch steers an agent. A link to something that steers is that link; of any other, what it leads
 * to on the default branch is brought in its place, since in the workspace a stranger's file may be there.
 *
 * @throws Error when there is too much, or a link cannot be read
 */
export async function wantedOf(tree: CommitTree): Promise<WantedSteering> {
  const entries = new Map(
    tree.entries.flatMap((entry) => {
      const path = pathOf(entry.path);
      return isUsable(path) ? [[path, entry] as const] : [];
    }),
  );
  const wanted = new Map<string, Wanted>();
  const leftOut: string[] = [];
  for (const [path, entry] of entries) {
    const isLinkedHolder = entry.mode === modes.link && holdsSteering(nameOf(path));
    if (isLinkedHolder || (steers(path) && entry.mode === modes.submodule)) {
      leftOut.push(path);
    } else if (steers(path) && entry.mode === modes.link) {
      await bringLink(path, entry);
    } else if (steers(path)) {
      bringFile(path, entry);
    }
  }
  const files = [...wanted.values()].filter((one) => one.kind === "file");
  if (wanted.size > mostFiles || files.reduce((sum, { size }) => sum + size, 0) > mostBytes) {
    throw new Error(`it has more than ${mostFiles} such files, or 10 MiB of them`);
  }
  return { wanted, leftOut };

  function bringFile(path: string, { mode, id, size }: TreeEntry): void {
    if (mode === modes.file || mode === modes.tool) {
      wanted.set(path, { kind: "file", id, size, executable: mode === modes.tool });
    }
  }

  async function bringLink(path: string, link: TreeEntry): Promise<void> {
    const target = await textOf(link);
    const leadsTo = target && resolveIn(dirname(path), target);
    if (target !== undefined && leadsTo !== undefined && steers(leadsTo)) {
      wanted.set(path, { kind: "link", target });
      return;
    }
    const found = leadsTo === undefined ? undefined : await follow(leadsTo);
    if (found === undefined) {
      leftOut.push(path);
      return;
    }
    bringFile(path, found.entry);
    const below = found.entry.mode === modes.folder ? `${found.path}/` : undefined;
    for (const [other, entry] of below === undefined ? [] : entries) {
      if (other.startsWith(below as string)) {
        bringFile(`${path}/${other.slice((below as string).length)}`, entry);
      }
    }
  }

  /** The file or folder that a path leads to, through links of the tree. */
  async function follow(path: string): Promise<{ path: string; entry: TreeEntry } | undefined> {
    let at = path;
    for (let hops = 0; hops < mostHops; hops += 1) {
      const entry = entries.get(at);
      if (entry?.mode !== modes.link) {
        const isThere = entry !== undefined && entry.mode !== modes.submodule;
        return isThere ? { path: at, entry } : undefined;
      }
      const target = await textOf(entry);
      const next = target && resolveIn(dirname(at), target);
      if (!next) {
        return undefined;
      }
      at = next;
    }
    return undefined;
  }

  async function textOf({ id }: TreeEntry): Promise<string | undefined> {
    const bytes = await checkedBlob(tree, id);
    const text = bytes.toString("latin1");
    return text.length > longestTarget || text.includes("\0") ? undefined : text;
  }
}

/** A file's content, compared with its name. @throws Error */
export async function checkedBlob(tree: Pick<CommitTree, "blob">, id: string): Promise<Buffer> {
  const bytes = await tree.blob(id);
  if (blobId(bytes, id.length === 64 ? 32 : 20) !== id) {
    throw new Error("GitHub's answer is another file's");
  }
  return bytes;
}

const modes = {
  file: "100644",
  tool: "100755",
  link: "120000",
  folder: "040000",
  submodule: "160000",
};

/** Where a link leads inside the repository; undefined where it leads out of it, or nowhere. */
function resolveIn(folder: string, target: string): string | undefined {
  if (target === "" || target.startsWith("/")) {
    return undefined;
  }
  const steps = folder === "." ? [] : folder.split("/");
  for (const step of target.split("/")) {
    if (step === "..") {
      if (steps.pop() === undefined) {
        return undefined;
      }
    } else if (step !== "" && step !== ".") {
      steps.push(step);
    }
  }
  return steps.join("/");
}

/** The API's word for a path is not yet one that may be written. */
function isUsable(path: string): boolean {
  const steps = path.split("/");
  return (
    !path.includes("\0") &&
    !isGitsOwn(path) &&
    steps.every((step) => step !== "" && step !== "." && step !== "..")
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
