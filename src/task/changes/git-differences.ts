import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { mayHaveLogin, withoutLogin } from "../../checkout/git-login.ts";
import { packedRefs } from "../../checkout/head-commit.ts";
import { oneLine } from "../../log/text.ts";
import { readBytes } from "./content.ts";

/** What a repository's folder holds, but for its objects: by path, each file with one character a byte. */
export type RepositoryState = ReadonlyMap<string, string>;

/** What changes with every command, and says nothing that the rest does not. */
const unimportant =
  /(?:^|\/)(?:index|logs|lfs|objects\/(?!info(?:\/|$))[^/]+|COMMIT_EDITMSG|ORIG_HEAD|FETCH_HEAD|AUTO_MERGE|gc\.log|gc\.pid|[^/]*\.lock)(?:\/|$)|(?:^|\/)(?:objects\/info\/(?:alternates|commit-graphs?|packs)|info\/refs)(?:\/|$)/;

/** Whether a path of a repository's folder says what somebody did in it. */
export function isTelling(path: string): boolean {
  return /(?:^|\/)refs\//.test(path) || !unimportant.test(path);
}

const mostFiles = 50_000;
const mostBytes = 4 * 1024 * 1024;
/** Of all of them, held in memory: the task may have made thousands of the largest, of holes that cost it nothing. */
const mostBytesInAll = 64 * 1024 * 1024;

/** Reads a repository's folder; the task may have written it, so nothing is followed and little of each file read. */
export async function repositoryState(folder: string): Promise<RepositoryState> {
  const state = new Map<string, string>();
  const folders = [""];
  let room = mostBytesInAll;
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await readdir(join(folder, at), { withFileTypes: true }).catch(() => [])) {
      const path = at === "" ? entry.name : `${at}/${entry.name}`;
      if (!isTelling(path) || state.size > mostFiles) {
        continue;
      }
      if (entry.isDirectory()) {
        folders.push(path);
      } else {
        const bytes = readBytes(join(folder, path), Math.min(mostBytes, room));
        room -= bytes?.length ?? 0;
        const text = bytes?.toString("latin1") ?? `(${entry.isFile() ? "large" : "no file"})`;
        state.set(path, mayHaveLogin(path) ? withoutLogin(text) : text);
      }
    }
  }
  return state;
}

/** What is different in a repository, in words; empty where nothing is. Pure. */
export function repositoryDifferences(
  before: RepositoryState,
  after: RepositoryState,
): readonly string[] {
  const [then, now] = [refsOf(before), refsOf(after)];
  const words: string[] = [];
  for (const name of keysOf(then, now)) {
    const verb = !then.has(name) ? "made" : !now.has(name) ? "removed" : "moved";
    if (then.get(name) !== now.get(name)) {
      words.push(`${verb} ${refWord(name)}`);
    }
  }
  for (const path of keysOf(before, after)) {
    if (before.get(path) === after.get(path) || isRef(path)) {
      continue;
    }
    const verb = !before.has(path) ? "added" : !after.has(path) ? "removed" : "changed";
    words.push(path === "HEAD" ? "changed what is checked out" : `${verb} .git/${path}`);
  }
  return words.map((word) => oneLine(word, 120));
}

function keysOf(...maps: readonly ReadonlyMap<string, string>[]): readonly string[] {
  return [...new Set(maps.flatMap((map) => [...map.keys()]))].toSorted();
}

/** A file of references: of the repository, or of a submodule whose folder lies in it. */
const refFile = /^((?:modules\/.+?\/)?)(refs\/.+|packed-refs)$/s;

function isRef(path: string): boolean {
  return refFile.test(path);
}

/** What each reference stands for, wherever it is kept; by its name behind the submodule's folder. */
function refsOf(state: RepositoryState): ReadonlyMap<string, string> {
  const [packed, loose] = [new Map<string, string>(), new Map<string, string>()];
  for (const [path, text] of state) {
    const [, where = "", file] = refFile.exec(path) ?? [];
    if (file === "packed-refs") {
      for (const [name, id] of packedRefs(Buffer.from(text, "latin1").toString("utf8"))) {
        packed.set(`${where}${name}`, id);
      }
    } else if (file !== undefined) {
      loose.set(path, text.trim());
    }
  }
  return new Map([...packed, ...loose]);
}

function refWord(path: string): string {
  const [, where = "", name = ""] = refFile.exec(path) ?? [];
  const [, kind, short = ""] = /^refs\/(heads|tags|remotes)\/(.+)$/s.exec(name) ?? [];
  const kinds: Readonly<Record<string, string>> = { heads: "branch", tags: "tag" };
  const word = kind === undefined ? name : `the ${kinds[kind] ?? "remote branch"} ${short}`;
  return where === "" ? word : `${word} of .git/${where.slice(0, -1)}`;
}

/** One sentence for the log: what the task did in the repository, and what has become of it. */
export function tellDifferences(words: readonly string[]): string | undefined {
  if (words.length === 0) {
    return undefined;
  }
  const shown = words.slice(0, 5).join(", ");
  const more = words.length > 5 ? `, and ${words.length - 5} more` : "";
  return `the task changed the repository's own folder, of which nothing is kept (${shown}${more}): \`.git\` is as it was before. What the files of the workspace are now is in the patch of \`changes-path\`; commits on other branches are lost`;
}
