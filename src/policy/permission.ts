/** Ordered: each may do what the ones before it may. */
const levels = ["none", "read", "triage", "write", "maintain", "admin"];

/** Whether a permission is at least the required one. A custom role is none of the known ones. */
export function isEnough(has: string, required: string): boolean {
  return levels.indexOf(has) >= levels.indexOf(required);
}
