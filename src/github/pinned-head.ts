/** That a branch was moved, made or deleted: from one commit to another, of which one may be all zeros. */
export interface Push {
  readonly before: string;
  readonly after: string;
  readonly timestamp: string;
}

/** What GitHub says about where a pull request's branch is and was. */
export interface HeadFacts {
  /** When it was asked. */
  readonly at: string;
  /** The pull request's head now. */
  readonly now: string;
  /** When the pull request was closed or merged; its head does not move from then on. */
  readonly closedAt: string | undefined;
  /** When anything at the pull request was changed: a push, a comment, a label. */
  readonly updatedAt: string;
  /** When somebody last pushed to the head's repository, whatever the branch. */
  readonly pushedAt: string | undefined;
  /** Newest first, back to the first one before `at` if there is one; or why there is no list. */
  readonly pushes: readonly Push[] | string;
}

type Pinned = { readonly sha: string } | { readonly why: string };

/**
 * Where the branch was when it was asked, by GitHub's own clock: the times in commits are their author's. GitHub tells
 * seconds, and the question and a push may be of the same one: such a push may have come after it, and is never taken.
 */
export function pinnedHead(facts: HeadFacts): Pinned {
  const { now, closedAt, pushedAt, updatedAt, pushes } = facts;
  const asked = second(facts.at);
  const isBefore = (time: string | undefined) => time !== undefined && second(time) < asked;
  if (isBefore(closedAt)) {
    return { sha: now };
  }
  if (typeof pushes === "string") {
    // the question itself is a change of that second, so that only an earlier one proves something
    return isBefore(pushedAt) || isBefore(updatedAt) ? { sha: now } : { why: pushes };
  }
  if (pushes.some(({ timestamp }) => second(timestamp) === asked)) {
    return { why: "the branch was pushed to in the very second in which it was asked" };
  }
  const later = pushes.filter(({ timestamp }) => second(timestamp) > asked);
  const before = pushes.find(({ timestamp }) => isBefore(timestamp))?.after;
  const then = later.at(-1)?.before ?? before;
  if (then === undefined) {
    // an old branch; a push that the list does not have yet would have changed the pull request
    return isBefore(pushedAt) || second(updatedAt) <= asked
      ? { sha: now }
      : { why: "GitHub's list of pushes does not reach back to it" };
  }
  // a list that does not lead to where the branch is now lacks something, and so may what comes next
  const isWhole =
    (before === undefined || before === then) &&
    (then === now || later.some(({ after }) => after === now));
  if (!isWhole) {
    return { why: "GitHub's list of pushes does not agree with the pull request" };
  }
  return /^0+$/.test(then) ? { why: "there was no such branch" } : { sha: then };
}

/** Seconds since 1970. */
function second(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

/** Whether a push came before a question, and not in its second. */
export function isEarlier(time: string, at: string): boolean {
  return second(time) < second(at);
}
