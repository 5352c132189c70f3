import { oneLine } from "../../log/text.ts";
import { readable } from "../changes/paths.ts";

// What is told of steering files. Their names are a stranger's words.

/** How the workspace differs from what it was, by path. */
export interface Replacement {
  /** Changed for the default branch's, or added from it. */
  readonly fromBranch: readonly string[];
  /** Taken away, and nothing put in its place. */
  readonly removed: readonly string[];
  /** On the default branch, and not to be had from it. */
  readonly leftOut: readonly string[];
  /** Folders that could not be looked into. */
  readonly unreadable: readonly string[];
  /** Where the default branch's come from, or why there are none. */
  readonly source: { readonly at: string; readonly isCut: boolean } | { readonly why: string };
}

/** One line for the log, and what deserves a warning. Pure. */
export function tellReplacement({
  fromBranch,
  removed,
  leftOut,
  unreadable,
  source,
}: Replacement): { readonly line: string | undefined; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  if (unreadable.length > 0) {
    warnings.push(
      `these folders could not be looked into, so what steers an agent in them is still there: ${named(unreadable)}`,
    );
  }
  if ("why" in source) {
    if (removed.length > 0) {
      warnings.push(
        `files that steer an agent are taken away for the task, and the default branch's do not come in their place: ${source.why}. Taken away: ${named(removed)}`,
      );
    }
    return { line: undefined, warnings };
  }
  const { at, isCut } = source;
  if (leftOut.length > 0) {
    warnings.push(
      `these steer an agent and are submodules, or links to what the default branch (${at}) does not have: the task goes without them: ${named(leftOut)}`,
    );
  }
  if (isCut && removed.length > 0) {
    warnings.push(
      `the default branch (${at}) has more files than GitHub lists: below its top folders no file that steers an agent comes from it`,
    );
  }
  const come = `these files steer an agent and come from the default branch (${at})`;
  const gone = `these files steer an agent, are not on the default branch (${at}) and are taken away for the task`;
  if (fromBranch.length === 0) {
    return {
      line: removed.length === 0 ? undefined : `${gone}: ${named(removed, mostInLog)}`,
      warnings,
    };
  }
  const also = removed.length === 0 ? "" : ` (removed: ${named(removed, mostInLog)})`;
  return { line: `${come}: ${named(fromBranch, mostInLog)}${also}`, warnings };
}

export function tellChanged(paths: readonly string[]): string {
  return `the task changed files that steer agents, of which nothing is kept: ${named(paths)}`;
}

export function tellNotBack(paths: readonly string[], folder: string, why: string): string {
  return `these files, which steer agents and were replaced for the task, could not be put back: ${named(paths)} (${why}). They are in ${folder}`;
}

export function tellLost(folder: string): string {
  return `files that steer agents were replaced for the task and could not be put back: what was noted of them in ${folder} cannot be read. They are in there`;
}

/** Which ones were replaced is what somebody looks for in the log; a warning has less room. */
const mostInLog = 50;

/** The first of them, and how many more there are. */
function named(paths: readonly string[], most = 10): string {
  const shown = paths.slice(0, most).map((path) => oneLine(readable(path), 100) || ".");
  const more = paths.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}
