import { z } from "zod";

/**
 * GitHub's answer about one user and one repository. `permission` knows four words only: it says `write` of somebody
 * with the role `maintain`, and `read` of one with `triage`. `role_name` is the role itself, which may be a custom one.
 */
const answer = z.object({
  permission: z.enum(["admin", "write", "read", "none"]),
  role_name: z.string().nullish(),
  user: z.object({ login: z.string(), type: z.string().optional() }).nullish(),
});

export interface UserPermission {
  readonly permission: z.output<typeof answer>["permission"];
  /** Undefined where GitHub names none. */
  readonly role: string | undefined;
  /** The account is an app's. */
  readonly isBot: boolean;
}

/** @throws Error when it is not what GitHub's documentation says, or about somebody else */
export function readPermission(user: string, body: unknown): UserPermission {
  const read = answer.safeParse(body);
  if (!read.success) {
    throw new Error("GitHub gave an answer that is not known");
  }
  const { permission, role_name: role, user: about } = read.data;
  if (about && about.login.toLowerCase() !== user.toLowerCase()) {
    throw new Error("GitHub gave an answer about somebody else");
  }
  return { permission, role: role || undefined, isBot: about?.type === "Bot" };
}
