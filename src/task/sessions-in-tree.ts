import { readFile, realpath } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { commitOf } from "../checkout/head-commit.ts";
import { isInside } from "../settings/workspace-file.ts";
import { checkoutOf, gitEntryOf } from "./changes/git-folder.ts";
import { parseIndex } from "./changes/index-file.ts";
import { pathOf } from "./changes/paths.ts";

/**
 * Whether sessions would come from what is checked out: somebody has committed their folder, something in it, or a link
 * on the way to it. Where that cannot be told it may be so.
 *
 * @param path of the folder, which need not be there
 */
export async function areCheckedOut(workspace: string, path: string): Promise<boolean> {
  const real = await Promise.all([workspace, path].map((one) => realpath(one).catch(() => one)));
  const pairs: [string, string][] = [
    [resolve(workspace), resolve(path)],
    [real[0] ?? workspace, real[1] ?? path],
  ];
  const inside = pairs.filter(([root, one]) => isInside(root, one));
  const checkout = await checkoutOf(workspace, gitEntryOf(workspace));
  if (inside.length === 0 || checkout === undefined) {
    return false;
  }
  const bytes = await readFile(join(checkout.folder, "index")).catch(() => undefined);
  const idBytes = (await commitOf(checkout))?.length === 64 ? 32 : 20;
  const index = bytes && parseIndex(bytes, idBytes);
  if (index === undefined) {
    return bytes !== undefined;
  }
  return inside.some(([root, one]) => {
    const steps = pathOf(relative(root, one)).split("/");
    const parts = steps.map((_, at) => steps.slice(0, at + 1).join("/"));
    return (
      index.folders.has(steps.join("/")) ||
      parts.some((part) => part === "" || index.entries.has(part))
    );
  });
}
