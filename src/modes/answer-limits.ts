import type { Api } from "../github/client.ts";
import { isGoing, type OwnAnswer } from "../github/own-answers.ts";
import { mayBeGoing, rivals } from "../policy/limits.ts";

/** Why a question is not answered, and the page that shows it. */
export interface Refusal {
  readonly why: string;
  readonly link?: { readonly name: string; readonly url: string } | undefined;
}

/** More are not asked about: they are of runs that were killed, all but one. */
const mostRivals = 10;

/** The oldest answer of another run that is really at work; undefined where there is none. */
export async function rivalOf(
  api: Api,
  answers: readonly OwnAnswer[],
  run: string,
  now: number,
): Promise<OwnAnswer | undefined> {
  const asked = rivals(answers, run, now)
    .toSorted((one, other) => other.createdAt - one.createdAt)
    .slice(0, mostRivals);
  const going = await Promise.all(
    asked.map(async (one) => (await isGoing(api, one.run)) ?? mayBeGoing(one, now)),
  );
  return asked.findLast((_, index) => going[index]);
}

/** What is said to who asks while another run is at work. */
export function busy(rival: OwnAnswer, isPullRequest: boolean): Refusal {
  const where = isPullRequest ? "pull request" : "issue";
  const { url } = rival;
  return {
    why: `run ${rival.run} is answering another question here, and there is one run at a time for a ${where}. Ask again when it has ended`,
    link: url === undefined ? undefined : { name: "its answer", url },
  };
}
