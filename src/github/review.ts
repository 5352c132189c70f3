import { z } from "zod";
import { oneLine } from "../log/text.ts";
import { type Api, refusalOf } from "./client.ts";

/** A remark at a line, or at several up to it; in the words of GitHub's API. */
export interface ReviewComment {
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  readonly line: number;
  /** The first of several, on the same side. */
  readonly start_line?: number;
  readonly start_side?: "LEFT" | "RIGHT";
  readonly body: string;
}

export interface Review {
  /** What stands above it. */
  readonly body: string;
  readonly comments: readonly ReviewComment[];
  /** The same with every remark in it, should GitHub take none at a line. */
  readonly allInBody: string;
}

export interface MadeReview {
  /** Its page; undefined where it could not be made, or GitHub did not say. */
  readonly url: string | undefined;
  readonly made: boolean;
  /** How many remarks stand at their lines. */
  readonly atLines: number;
  readonly warnings: readonly string[];
}

const madeSchema = z.object({ html_url: z.url({ protocol: /^https?$/ }) });

/**
 * Makes one review that says something and decides nothing: it neither approves nor requests changes. Where GitHub
 * refuses a line, all is said in its body. Throws nothing that GitHub could cause; it is sent once, since a review that
 * seems to have failed may be there.
 *
 * @param commit the head that the agent saw: lines are those of its diff
 */
export async function makeReview(
  api: Api,
  number: number,
  commit: string,
  { body, comments, allInBody }: Review,
): Promise<MadeReview> {
  const send = async (parts: { body: string; comments: readonly ReviewComment[] }) => {
    const route = "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
    const about = { pull_number: number, commit_id: commit, event: "COMMENT" };
    const { data } = await api.call(route, { ...about, ...parts });
    return madeSchema.safeParse(data).data?.html_url;
  };
  try {
    const url = await send({ body, comments });
    return { url, made: true, atLines: comments.length, warnings: [] };
  } catch (error) {
    const { status, why } = refusalOf(error);
    if (status !== 422 || comments.length === 0) {
      return notMade(error);
    }
    try {
      const url = await send({ body: allInBody, comments: [] });
      const said = `GitHub took no remark at its line (${oneLine(why, 200)}): all of the review stands in its body`;
      return { url, made: true, atLines: 0, warnings: [said] };
    } catch (again) {
      return notMade(again);
    }
  }
}

function notMade(error: unknown): MadeReview {
  const { status, why } = refusalOf(error);
  const said = oneLine(why, 200);
  const reason =
    status === undefined
      ? `GitHub could not be reached (${said})`
      : `GitHub answered ${status} (${said})`;
  const denied = (status === 403 || status === 404) && !/rate limit/i.test(why);
  const help = denied
    ? ". The token needs `pull-requests: write`, which the job's own has in no `pull_request` run of a fork"
    : "";
  const warnings = [`the review could not be made: ${reason}${help}`];
  return { url: undefined, made: false, atLines: 0, warnings };
}
