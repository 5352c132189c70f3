import { type Dirent, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { readSafely } from "./content.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import { type IndexFile, isSubmodule } from "./index-file.ts";
import { fullPath } from "./paths.ts";
import { inSlices } from "./slices.ts";

/** What is at a path, as far as `lstat` and a look at a link tell. */
export interface Found {
  /** `other`: a device, a pipe, a socket. `repository`: the `.git` of a repository inside the workspace. */
  readonly kind: "file" | "link" | "other" | "repository";
  /** Whether the owner may execute it. */
  readonly executable: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  /** Where a link leads, or what git would obey in another repository; one character a byte. */
  readonly target?: string;
  /** It is another repository's: a submodule, or one that has been made inside. */
  readonly nested: boolean;
}

export interface Walked {
  /** By path, one character a byte. */
  readonly found: ReadonlyMap<string, Found>;
  readonly rules: IgnoreRules;
  /** Folders that could not be read. */
  readonly unreadable: readonly string[];
}

export interface WalkOptions {
  /** What git knows is there, whatever the ignore rules say. */
  readonly index: IndexFile;
  /** Filled on the way. */
  readonly rules: IgnoreRules;
  /** What was ignored earlier still is. */
  readonly earlier?: IgnoreRules | undefined;
  /** The repository's own folder or file, which is looked after elsewhere. */
  readonly apart: ReadonlySet<string>;
  /** What is nobody's change, with all that is below it. */
  readonly leftOut?: ((path: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds it may take; a minute unless given. */
  readonly limitMs?: number;
}

/** More than this is no source tree. */
export const mostFound = 1_000_000;
/** A larger `.gitignore` says nothing. */
const mostRules = 1024 * 1024;
/** All of them, which are held in memory. */
const mostRulesInAll = 16 * 1024 * 1024;
/** Thousands of rules and of files multiply, and whoever wrote the tree wrote both. */
const longestMs = 60_000;

/** What came to an end because nobody waits for it, or because there is too much. */
export class WalkEnded extends Error {}

/**
 * Looks at everything in a workspace that is not ignored. No link is followed, no other file system entered, and
 * nothing opened but regular files named `.gitignore`.
 *
 * @throws WalkEnded
 */
export async function walk(root: string, options: WalkOptions): Promise<Walked> {
  const { index, rules, earlier, apart, leftOut, signal, limitMs = longestMs } = options;
  const found = new Map<string, Found>();
  const unreadable: string[] = [];
  const device = statSync(root).dev;
  const folders = [{ path: "", ignored: false, nested: false }];
  const slices = inSlices();
  const end = performance.now() + limitMs;
  let rulesRoom = mostRulesInAll;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await slices();
    if (signal?.aborted) {
      throw new WalkEnded("there was no time left for it");
    }
    if (found.size > mostFound) {
      throw new WalkEnded(`there are more than ${mostFound} files in the workspace`);
    }
    const names = namesIn(fullPath(root, folder.path));
    if (names === undefined) {
      unreadable.push(folder.path);
      continue;
    }
    const below = (name: string) => (folder.path === "" ? name : `${folder.path}/${name}`);
    if (names.get(".gitignore")?.isFile()) {
      const most = Math.min(mostRules, rulesRoom);
      const text = readSafely(fullPath(root, below(".gitignore")), most) ?? "";
      rulesRoom -= text.length;
      rules.add(folder.path, text);
    }
    const nested = folder.nested || (folder.path !== "" && names.has(".git"));
    for (const [name, entry] of names) {
      const path = below(name);
      if (apart.has(path) || leftOut?.(path)) {
        continue;
      }
      if (performance.now() > end) {
        throw new WalkEnded(`it took longer than ${limitMs / 1000} s to look at the workspace`);
      }
      const known = index.entries.get(path);
      const isFolder = entry.isDirectory() && name !== ".git";
      const ignored =
        folder.ignored ||
        rules.ignores(path, isFolder) ||
        earlier?.ignores(path, isFolder) === true;
      if (isFolder) {
        const inIndex = index.folders.has(path) || known !== undefined;
        if ((!ignored || inIndex) && deviceOf(fullPath(root, path)) === device) {
          const submodule = known !== undefined && isSubmodule(known);
          folders.push({ path, ignored, nested: nested || submodule });
        }
      } else if (!ignored || known !== undefined) {
        const at = look(fullPath(root, path), name === ".git", nested && known === undefined);
        if (at !== undefined) {
          found.set(path, at);
        }
      }
    }
  }
  return { found, rules, unreadable };
}

function namesIn(folder: string | Buffer): Map<string, Dirent<Buffer>> | undefined {
  try {
    const entries = readdirSync(folder, { encoding: "buffer", withFileTypes: true });
    return new Map(entries.map((entry) => [entry.name.toString("latin1"), entry]));
  } catch {
    return undefined;
  }
}

function deviceOf(path: string | Buffer): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.dev;
}

function look(path: string | Buffer, isGit: boolean, nested: boolean): Found | undefined {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    return undefined;
  }
  const kind = there.isFile() ? "file" : there.isSymbolicLink() ? "link" : "other";
  const { size, mtimeMs, ctimeMs, ino, mode } = there;
  const obeyed = isGit && kind !== "link" ? { target: whatGitObeys(path, kind === "file") } : {};
  return {
    kind: isGit ? "repository" : kind,
    executable: (mode & 0o100) !== 0,
    size,
    mtimeMs,
    ctimeMs,
    ino,
    nested,
    ...obeyed,
    ...(kind === "link" && { target: readlinkSync(path, "latin1") }),
  };
}

/** Where a file named `.git` points to; of a folder, its settings and what it would run. */
function whatGitObeys(path: string | Buffer, isFile: boolean): string {
  const read = (at: string | Buffer) => readSafely(at, mostRules) ?? "";
  if (isFile) {
    return read(path);
  }
  const below = (name: string) =>
    Buffer.concat([Buffer.from(path), Buffer.from(`/${name}`, "latin1")]);
  const hooks = [...(namesIn(below("hooks"))?.keys() ?? [])].map((name) => `hooks/${name}`);
  const names = ["commondir", "config", "config.worktree", ...hooks.toSorted()];
  return `\0${names.map((name) => `${name}\0${read(below(name))}\0`).join("")}`;
}
