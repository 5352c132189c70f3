import { z } from "zod";
import { oneLine } from "../log/text.ts";
import { isEnded, refusalOf } from "./client.ts";

/**
 * Why something of GitHub's is not there, in a sentence that begins with what it is. A missing permission is named: what
 * a token may not see is refused, or is not found.
 *
 * @param permission such as `checks: read`
 */
export function notRead(what: string, permission: string, error: unknown): string {
  const begin = `${what} could not be read`;
  if (error instanceof z.ZodError) {
    return `${begin}: GitHub's answer is not understood`;
  }
  const { status, why } = refusalOf(error);
  const said = oneLine(why, 200);
  if (status === undefined) {
    return isEnded(error)
      ? `${begin}: GitHub did not answer in time`
      : `${begin}: GitHub could not be reached (${said})`;
  }
  const denied = (status === 403 || status === 404) && !/rate limit/i.test(why);
  const help = denied ? `. The token needs \`${permission}\`` : "";
  return `${begin}: GitHub answered ${status} (${said})${help}`;
}
