import { resolve } from "node:path";
import type { Log } from "../log/log.ts";
import type { Job } from "../settings/load.ts";
import { areCheckedOut } from "../task/sessions-in-tree.ts";

/** Undefined where there is none to be used: what an agent is told to have said is not a stranger's to write. */
export async function sessionPathOf(
  { settings, workspace, trusted }: Pick<Job, "settings" | "workspace" | "trusted">,
  { log }: { readonly log: Pick<Log, "warning"> },
): Promise<string | undefined> {
  const sessions = settings.agent && settings["session-path"];
  const path = sessions && resolve(workspace, sessions);
  if (path === undefined || trusted || !(await areCheckedOut(workspace, path))) {
    return path;
  }
  log.warning(
    "the agent's sessions are neither brought nor kept: what is checked out has files in `session-path`, which may be a stranger's; name a folder outside of the workspace",
  );
  return undefined;
}
