import type { UserPermission } from "../github/permission.ts";

/** Ordered: each may do what the ones before it may. */
const levels = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type Level = (typeof levels)[number];

/** The highest role that GitHub's older word stands for. */
const upTo = { admin: "admin", write: "maintain", read: "triage", none: "none" } as const;

/**
 * What somebody may do: a built-in role counts by its name, a custom one by the permission it is based on. Where both
 * words contradict each other the lower one counts.
 */
export function levelOf({ permission, role }: UserPermission): Level {
  const named = levels.find((level) => level === role);
  if (named === undefined) {
    return permission;
  }
  const most = upTo[permission];
  return isEnough(most, named) ? named : most;
}

/** Whether a permission is at least the required one. */
export function isEnough(has: Level, required: Level): boolean {
  return levels.indexOf(has) >= levels.indexOf(required);
}
