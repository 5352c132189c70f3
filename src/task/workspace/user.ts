import type { Owner } from "./plan.ts";

/**
 * The numbers of a container's user, found as the engine finds them: a name counts before a number, and a number that
 * the image does not know has the group 0. Pure.
 *
 * @param user as the engine has it: `name|uid[:group|gid]`, empty for root
 * @param passwd the text of the image's `/etc/passwd`, empty where it has none
 * @param group the same of `/etc/group`
 * @returns undefined for a name that is in neither
 */
export function userIn(user: string, passwd: string, group: string): Owner | undefined {
  const [name = "", groupName = ""] = (user || "0").split(":");
  const known = entries(passwd).find(([entry, , uid]) => entry === name || uid === name);
  const uid = numberOf(known?.[2] ?? name);
  const wanted = entries(group).find(([entry, , gid]) => entry === groupName || gid === groupName);
  const gid = numberOf(groupName === "" ? (known?.[3] ?? "0") : (wanted?.[2] ?? groupName));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function entries(text: string): string[][] {
  return text.split("\n").map((line) => line.trim().split(":"));
}

function numberOf(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Whether the numbers stand in the user itself. Pure. */
export function isNumeric(user: string): boolean {
  return /^\d+:\d+$/.test(user);
}
