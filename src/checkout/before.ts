import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Trouble } from "../log/trouble.ts";
import { readWorkspaceFile } from "../settings/workspace-file.ts";
import { type NewRepository, originOf, settingsIn } from "./new-repository.ts";
import type { CheckoutRequest } from "./request.ts";

/** What an earlier step has checked out. */
export interface Before {
  /** Its `.git`; undefined where the workspace was empty. */
  readonly folder: string | undefined;
  /** There is a login in its settings, or the way to one. */
  readonly hasLogin: boolean;
  /** Objects are missing in it, which only its own remote has. */
  readonly isPartial: boolean;
}

/**
 * Looks at the workspace. The settings of a repository that is there are read as data: nobody knows what they would
 * have git do.
 *
 * @throws Trouble for what is not ours to replace
 */
export async function lookBefore(
  repository: NewRepository,
  request: CheckoutRequest,
): Promise<Before> {
  const { workspace } = request;
  const folder = join(workspace, ".git");
  const there = await lstat(folder).catch(() => undefined);
  if (there === undefined) {
    const entries = await readdir(workspace).catch(() => []);
    if (entries.length > 0) {
      throw new Trouble(
        `\`checkout: head\` needs an empty workspace or a checkout of ${request.repository}, and ${workspace} has files that are neither (${entries.length} at its top): put \`actions/checkout\` before the step that makes them, or say \`checkout: none\``,
      );
    }
    return { folder: undefined, hasLogin: false, isPartial: false };
  }
  if (!there.isDirectory()) {
    throw new Trouble(
      `\`checkout: head\` replaces a repository's folder, and ${folder} is none, but leads to one elsewhere: say \`checkout: none\`, or give this step a workspace of its own`,
    );
  }
  // what cannot be read has no remote, which is told
  const text = await readWorkspaceFile(workspace, ".git/config").catch(() => Buffer.alloc(0));
  const listed = await repository.git(["config", "--file", "-", "--null", "--list"], {
    input: [text],
  });
  const settings = settingsIn(listed);
  const lastOf = (wanted: string) => settings.findLast(([name]) => name === wanted)?.[1];
  const url = lastOf("remote.origin.url") ?? "";
  if (placeOf(url) !== placeOf(originOf(request))) {
    const what = url === "" ? "no remote `origin`" : `another remote \`origin\`, ${placeOf(url)}`;
    throw new Trouble(
      `\`checkout: head\` replaces a checkout of ${request.repository} only, and the repository in ${workspace} has ${what}: check it out with a \`path:\` of its own, or say \`checkout: none\``,
    );
  }
  return {
    folder,
    hasLogin: settings.some(([name, value]) => isLogin(name, value)),
    isPartial: settings.some(([name]) => /^extensions\.partialclone$|\.promisor$/.test(name)),
  };
}

/** Whether a setting is what `actions/checkout` leaves for later steps, or another way to a login. */
function isLogin(name: string, value: string): boolean {
  return (
    /^http\.(?:.*\.)?extraheader$|^credential\.(?:.*\.)?helper$/.test(name) ||
    (/^includeif\./.test(name) && /git-credentials-[^/]*\.config$/.test(value)) ||
    (/^remote\..*url$/.test(name) && /^https?:\/\/[^/]*@/.test(value))
  );
}

/** Server and repository of an address, however it is written: `github.com/owner/name`. Pure. */
export function placeOf(url: string): string {
  return url
    .trim()
    .replace(/^(?:https?|ssh|git):\/\//i, "")
    .replace(/^[^/@]*@/, "")
    .replace(/^([^/:]+):(?!\d)/, "$1/") // as scp writes it
    .replace(/\/+$/, "")
    .replace(/\.git$/i, "")
    .toLowerCase();
}
