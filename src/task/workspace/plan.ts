import { stat } from "node:fs/promises";

/** Who owns what: user and group number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Whose the workspace is, and what has to be done so that the task can write it. Pure data. */
export interface WorkspacePlan {
  readonly owner: Owner;
  /** Hand it to the container's user before the task. */
  readonly handOver: boolean;
}

/**
 * @param user the container's user as the engine names it: `""` (root), a number with or without a
 *   group, or a name, whose number only the image knows
 */
export function planWorkspace(owner: Owner, user: string): WorkspacePlan {
  const [name = ""] = user.split(":");
  const uid = name === "" || name === "root" ? 0 : /^\d+$/.test(name) ? Number(name) : undefined;
  return {
    owner,
    // root may write everything; a user that owns the workspace has nothing to gain
    handOver: uid === undefined || (uid !== 0 && uid !== owner.uid),
  };
}

export async function ownerOf(workspace: string): Promise<Owner> {
  const { uid, gid } = await stat(workspace);
  return { uid, gid };
}
