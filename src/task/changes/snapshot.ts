import { blobId, isCheckoutOf, readBytes } from "./content.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { type IndexFile, noIndex } from "./index-file.ts";
import { fullPath } from "./paths.ts";
import { inSlices } from "./slices.ts";
import { type Found, type Walked, walk } from "./walk.ts";

/** What is in a workspace at one moment. */
export interface Snapshot extends Walked {
  readonly root: string;
  readonly apart: ReadonlySet<string>;
  readonly leftOut: SnapshotOptions["leftOut"];
  readonly index: IndexFile;
  /** What files hold, by the names that git gives blobs. One that is not here is told by size and times. */
  readonly ids: ReadonlyMap<string, string>;
}

/** One path at which there is something else than before. */
export interface Difference {
  readonly path: string;
  readonly before: Found | undefined;
  readonly after: Found | undefined;
}

/** Files up to this size are told by what they hold; larger ones by size and times. */
export const mostHashed = 100 * 1024 * 1024;
/** All that is read before the task: what a checkout brought is not, an index knows it. */
const mostHashedInAll = 500 * 1024 * 1024;

export interface SnapshotOptions {
  readonly index?: IndexFile | undefined;
  /** When the index was written, in milliseconds since 1970. */
  readonly indexMs?: number | undefined;
  /** What the repository excludes beside its `.gitignore` files. */
  readonly exclude?: string | undefined;
  readonly apart: ReadonlySet<string>;
  /** What is nobody's change, whatever becomes of it; paths with one character a byte. */
  readonly leftOut?: ((path: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws WalkEnded */
export async function takeSnapshot(root: string, options: SnapshotOptions): Promise<Snapshot> {
  const { index = noIndex, indexMs = 0, exclude = "", apart, leftOut, signal } = options;
  const rules = new IgnoreRules();
  rules.add("", exclude); // the root's own file comes later, and has the last word
  const walked = await walk(root, { index, rules, apart, leftOut, signal });
  const ids = new Map<string, string>();
  let room = mostHashedInAll;
  const slices = inSlices();
  for (const [path, at] of walked.found) {
    if (at.kind !== "file" || at.nested) {
      continue;
    }
    const known = index.entries.get(path);
    const isClean =
      known !== undefined &&
      known.size === at.size % 2 ** 32 &&
      // Node keeps times with a fraction of a microsecond
      Math.abs(known.mtimeMs - at.mtimeMs) < 0.001 &&
      known.mtimeMs < indexMs; // or it may have been written again in the same moment
    if (isClean && known.id !== undefined) {
      ids.set(path, known.id);
    } else if (at.size <= Math.min(room, mostHashed)) {
      room -= at.size;
      const bytes = readBytes(fullPath(root, path), mostHashed);
      if (bytes !== undefined) {
        ids.set(path, blobId(bytes, 20));
      }
    }
    await slices(signal);
  }
  return { ...walked, root, apart, leftOut, index, ids };
}

/** What is different now. No file is opened whose times say that nobody has touched it. @throws WalkEnded */
export async function changesSince(
  before: Snapshot,
  signal?: AbortSignal,
): Promise<{
  readonly differences: readonly Difference[];
  readonly unreadable: readonly string[];
}> {
  const { root, index, apart, leftOut, ids } = before;
  const rules = new IgnoreRules();
  const after = await walk(root, { index, rules, earlier: before.rules, apart, leftOut, signal });
  const differences: Difference[] = [];
  const slices = inSlices();
  for (const [path, now] of after.found) {
    const then = before.found.get(path);
    if (then === undefined || !isSame(path, then, now)) {
      differences.push({ path, before: then, after: now });
    }
    await slices(signal);
  }
  for (const [path, then] of before.found) {
    if (!after.found.has(path) && !isHidden(path)) {
      differences.push({ path, before: then, after: undefined });
    }
  }
  return {
    differences: differences.toSorted((one, other) => (one.path < other.path ? -1 : 1)),
    unreadable: after.unreadable,
  };

  function isSame(path: string, then: Found, now: Found): boolean {
    if (then.kind !== now.kind) {
      return false;
    }
    if (now.kind === "link" || now.kind === "repository") {
      return then.target === now.target;
    }
    if (now.kind !== "file") {
      return true;
    }
    if (then.size !== now.size || then.executable !== now.executable) {
      return false;
    }
    const sameTimes = then.mtimeMs === now.mtimeMs && then.ino === now.ino;
    if (sameTimes && then.ctimeMs === now.ctimeMs) {
      return true;
    }
    const id = ids.get(path);
    if (id === undefined) {
      return sameTimes; // another owner is a new ctime, too
    }
    const bytes = readBytes(fullPath(root, path), mostHashed);
    return bytes !== undefined && isCheckoutOf(bytes, id);
  }

  /** Whether nobody looked: it is in a folder that cannot be read, or a rule that is new hides it. */
  function isHidden(path: string): boolean {
    return (
      after.unreadable.some((folder) => path.startsWith(`${folder}/`)) ||
      (!index.entries.has(path) && isIgnored(after.rules, path))
    );
  }
}

/** Whether a path or a folder above it is ignored. */
function isIgnored(rules: IgnoreRules, path: string): boolean {
  if (rules.ignores(path, false)) {
    return true;
  }
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    if (rules.ignores(path.slice(0, slash), true)) {
      return true;
    }
  }
  return false;
}
