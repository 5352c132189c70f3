import type { Job } from "../settings/load.ts";

/** Whether the watch has to keep what changed as git would have it. */
export function wantsCommit({ settings }: Job): boolean {
  return settings.changes === "commit" || settings.changes === "pull-request";
}
