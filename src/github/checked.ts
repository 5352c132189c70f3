import { z } from "zod";
import { oneLine } from "../log/text.ts";
import { type Api, isEnded, refusalOf } from "./client.ts";

/** A commit's id, as GitHub says it. */
export const shaSchema = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** When something was, as GitHub says it. */
export const timeSchema = z.iso.datetime({ offset: true });

/** Who wrote something; null where the account is gone. GitHub shows such a one as `ghost`. */
export const authorSchema = z
  .object({ login: z.string().regex(/^[\w-]{1,100}(?:\[bot\])?$/) })
  .nullish()
  .transform((user) => user?.login ?? "ghost");

/** Why something could not be read: a sentence's end, which stands alone behind what it was. */
export interface Unread {
  /** Undefined where GitHub has not answered at all. */
  readonly status: number | undefined;
  readonly why: string;
}

/** One answer of GitHub's, checked; or why there is none. */
export async function checked<T>(
  api: Api,
  schema: z.ZodType<T>,
  route: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<{ readonly value: T } | Unread> {
  try {
    const { status, data } = await api.call(route, parameters);
    const read = schema.safeParse(data);
    return read.success
      ? { value: read.data }
      : { status, why: "GitHub's answer is not understood" };
  } catch (error) {
    return unreadOf(error);
  }
}

/** What GitHub said, with its status; or that it said nothing that is understood, or nothing at all. */
export function unreadOf(error: unknown): Unread {
  if (error instanceof z.ZodError) {
    return { status: undefined, why: "GitHub's answer is not understood" };
  }
  const { status, why } = refusalOf(error);
  const said = oneLine(why, 200);
  if (status !== undefined) {
    return { status, why: `GitHub answered ${status} (${said})` };
  }
  const late = isEnded(error);
  return {
    status,
    why: late ? "GitHub did not answer in time" : `GitHub could not be reached (${said})`,
  };
}

/** The permission that is most likely missing, as the end of a sentence; empty where it is something else. */
export function permissionHint({ status, why }: Unread, permission: string): string {
  // what a token may not see is not there; 403 is also said to those who ask too often
  const isDenied = status === 403 || status === 404;
  return isDenied && !/rate limit/i.test(why) ? `. The token needs \`${permission}\`` : "";
}

/**
 * Why something of GitHub's is not there, in a sentence that begins with what it is.
 *
 * @param permission such as `checks: read`
 */
export function notRead(what: string, permission: string, error: unknown): string {
  const unread = unreadOf(error);
  return `${what} could not be read: ${unread.why}${permissionHint(unread, permission)}`;
}
