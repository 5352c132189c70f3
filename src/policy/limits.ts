import type { OwnAnswer } from "../github/own-answers.ts";

/** How often people may ask within 24 hours. */
export interface RunsPerDay {
  readonly person: number;
  /** All together. */
  readonly all: number | undefined;
}

/** How long a run counts, in milliseconds. */
export const countedMs = 24 * 60 * 60 * 1000;

/** What an answer tells of a run. */
type Counted = Pick<OwnAnswer, "run" | "by" | "state" | "createdAt">;

/**
 * Why somebody may not ask any more for now, undefined where they may. A run counts once, whatever it wrote; one that was
 * refused does not, nor does the present one. Pure.
 *
 * @param now milliseconds since 1970
 */
export function whyTooMany(
  { person, all }: RunsPerDay,
  answers: readonly Counted[],
  { run, by }: { readonly run: string; readonly by: string },
  now: number,
): string | undefined {
  const begun = new Map<string, Counted>();
  for (const answer of answers) {
    const counts = answer.state !== "refused" && answer.run !== run;
    if (counts && answer.createdAt > now - countedMs) {
      begun.set(answer.run, answer);
    }
  }
  const everybody = [...begun.values()];
  const own = everybody.filter((one) => one.by.toLowerCase() === by.toLowerCase());
  if (own.length >= person) {
    return `${by} has asked ${times(own.length)} within 24 hours, and \`max-runs-per-day\` lets one person ask ${times(person)}. ${nextTime(own, person)}`;
  }
  return all !== undefined && everybody.length >= all
    ? `there have been ${everybody.length} runs within 24 hours, and \`max-runs-per-day\` allows ${all} in all. ${nextTime(everybody, all)}`
    : undefined;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** When the oldest of those that are too many counts no more. */
function nextTime(runs: readonly Counted[], most: number): string {
  const sorted = runs.map(({ createdAt }) => createdAt).toSorted((one, other) => one - other);
  const frees = sorted[sorted.length - most] ?? 0;
  const at = new Date(frees + countedMs).toISOString();
  return `The next question is taken from ${at.slice(0, 10)}, ${at.slice(11, 16)} UTC on`;
}

/** An answer's place in the order in which they were begun. */
type Begun = Pick<OwnAnswer, "kind" | "id" | "createdAt">;

/** Whether an answer was begun before another. Numbers say it only within a kind, and times only to a second. Pure. */
export function isOlder(one: Begun, other: Begun): boolean {
  if (one.kind === other.kind) {
    return one.id < other.id;
  }
  return one.createdAt === other.createdAt
    ? one.kind === "comment"
    : one.createdAt < other.createdAt;
}

/** The answers of other runs that say they are being worked on; whether they are, their runs tell. Pure. */
export function rivals(
  answers: readonly OwnAnswer[],
  run: string,
  now: number,
): readonly OwnAnswer[] {
  return answers.filter(
    (one) => one.state === "working" && one.run !== run && one.createdAt > now - countedMs,
  );
}

/** What GitHub's own machines let a job take at most, in milliseconds. */
const longestMs = 6 * 60 * 60 * 1000;

/** Whether a run is to be taken for one that goes on, where GitHub does not say. Pure. */
export function mayBeGoing({ createdAt }: Pick<OwnAnswer, "createdAt">, now: number): boolean {
  return createdAt > now - longestMs;
}
