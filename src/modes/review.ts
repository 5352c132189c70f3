import type { Api } from "../github/client.ts";
import { makeReview } from "../github/review.ts";
import { reviewOf } from "../report/review.ts";
import { readReviewAnswer } from "../settings/review.ts";

export interface ReviewWork {
  /** The agent's structured answer: only its word. Undefined where it has none. */
  readonly structured: unknown;
  readonly pull: { readonly number: number; readonly head: { readonly sha: string } };
  /** The diff of that head against its base, as git writes it; undefined where it could not be had. */
  readonly diff: string | undefined;
  readonly api: Api;
}

export interface ReviewDone {
  readonly warnings: readonly string[];
  /** One line of Markdown for the answer; undefined where there is no review. */
  readonly said: string | undefined;
  /** The output `review-url`. */
  readonly url: string | undefined;
}

/** `review: true`: makes the agent's answer a review. Never fails: what could not be made is a warning. */
export async function reviewFrom({ structured, pull, diff, api }: ReviewWork): Promise<ReviewDone> {
  const answer = readReviewAnswer(structured);
  if (answer === undefined) {
    const why = structured === undefined ? "the agent gave no answer" : "its answer is no review";
    return { warnings: [`no review was made: ${why}`], said: undefined, url: undefined };
  }
  const review = reviewOf(answer, diff ?? "");
  const { url, made, atLines, warnings } = await makeReview(
    api,
    pull.number,
    pull.head.sha,
    review,
  );
  const what = url === undefined ? "a review" : `[a review](${linkOf(url)})`;
  const lines = `${atLines} ${atLines === 1 ? "remark" : "remarks"} at lines`;
  return { warnings, said: made ? `It made ${what}, with ${lines}.` : undefined, url };
}

/** Nothing in it ends the link. */
function linkOf(url: string): string {
  return url.replace(/[\s()<>\\]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}
