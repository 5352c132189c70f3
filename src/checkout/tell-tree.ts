import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { readWorkspaceFile } from "../settings/workspace-file.ts";
import type { Before } from "./before.ts";

/** What people should know of the files that they have now. */
export async function noticesOf(workspace: string, before: Before): Promise<readonly string[]> {
  const notices: string[] = [];
  if (before.hasLogin) {
    notices.push(
      "the login that `actions/checkout` had left in `.git/config` is not there any more: a later step that fetches or pushes needs one of its own",
    );
  }
  if ((await lstat(join(workspace, ".gitmodules")).catch(() => undefined)) !== undefined) {
    notices.push("`checkout: head` brings no submodules: their folders are as they were, or empty");
  }
  const attributes = await readWorkspaceFile(workspace, ".gitattributes").catch(() =>
    Buffer.alloc(0),
  );
  if (/^[^#\n]*\bfilter=lfs\b/m.test(attributes.toString("latin1"))) {
    notices.push(
      "files that Git LFS keeps are pointers where the pull request's head has others than what was there: with `checkout: none`, after `actions/checkout` with `lfs: true`, they are files",
    );
  }
  return notices;
}
