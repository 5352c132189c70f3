import { type IndexFile, isSubmodule } from "./index-file.ts";
import { mostInPatch } from "./patch.ts";
import { isGitsOwn, readable } from "./paths.ts";
import type { Difference } from "./snapshot.ts";
import type { Found } from "./walk.ts";

/** One line of `changed-files`. */
export interface ChangedFile {
  /** Bytes that are no UTF-8 are U+FFFD in it. */
  readonly path: string;
  readonly status: "added" | "modified" | "deleted";
  /** As git writes it: `100644`, `100755`, `120000` for a link. Absent where git has none. */
  readonly mode?: string;
  readonly oldMode?: string;
  /** In bytes, as it is in the workspace. */
  readonly size?: number;
  /** Why it is not in the patch. */
  readonly leftOut?: string;
}

/** A difference, and why it cannot be in a patch. */
export interface Judged extends Difference {
  readonly leftOut: string | undefined;
}

/** More new content than this is for no patch: 200 MiB, in 20,000 files. */
const mostBytes = 200 * 1024 * 1024;
const mostFiles = 20_000;

/** Decides what of the differences a patch can have. Pure. */
export function judged(differences: readonly Difference[], index: IndexFile): readonly Judged[] {
  let bytes = mostBytes;
  let files = mostFiles;
  return differences.map((difference) => {
    const own = whyNot(difference, index);
    if (own !== undefined) {
      return { ...difference, leftOut: own };
    }
    const size = difference.after?.size ?? 0;
    const fits = size <= bytes && files > 0;
    bytes -= fits ? size : 0;
    files -= fits ? 1 : 0;
    return { ...difference, leftOut: fits ? undefined : "there is too much for a patch" };
  });
}

function whyNot({ path, before, after }: Difference, index: IndexFile): string | undefined {
  const known = index.entries.get(path);
  if (before?.nested || after?.nested || (known !== undefined && isSubmodule(known))) {
    return "it is in another repository inside the workspace";
  }
  if (isGitsOwn(path) || (after?.kind === "link" && /(?:^|\/)\.gitmodules$/i.test(path))) {
    return "git takes no such thing by this name";
  }
  if (after?.kind === "other" || (after === undefined && before?.kind === "other")) {
    return "it is neither a file nor a link";
  }
  return after?.kind === "file" && after.size > mostInPatch
    ? `it is larger than ${mostInPatch / 1024 / 1024} MiB`
    : undefined;
}

export function changedFile({ path, before, after, leftOut }: Judged): ChangedFile {
  const [mode, oldMode] = [modeOf(after), modeOf(before)];
  return {
    path: readable(path),
    status: before === undefined ? "added" : after === undefined ? "deleted" : "modified",
    ...(mode !== undefined && { mode }),
    ...(oldMode !== undefined && oldMode !== mode && { oldMode }),
    ...(after?.kind === "file" && { size: after.size }),
    ...(leftOut !== undefined && { leftOut }),
  };
}

function modeOf(found: Found | undefined): string | undefined {
  if (found?.kind === "link") {
    return "120000";
  }
  return found?.kind === "file" ? (found.executable ? "100755" : "100644") : undefined;
}

/** What is not in the patch, in a sentence a reason. */
export function tellLeftOut(files: readonly ChangedFile[]): readonly string[] {
  const reasons = Map.groupBy(
    files.filter(({ leftOut }) => leftOut !== undefined),
    ({ leftOut }) => leftOut,
  );
  return [...reasons].map(([reason, all]) => {
    const paths = all.slice(0, 5).map(({ path }) => path);
    const more = all.length > paths.length ? `, and ${all.length - paths.length} more` : "";
    return `not in the patch of \`changes-path\`, because ${reason}: ${paths.join(", ")}${more}`;
  });
}
