import { describe, expect, it } from "vitest";
import { type HeadFacts, pinnedHead } from "../../../src/github/pinned-head.ts";
import { asked, push, seconds, sha, zeros } from "./asked-about.ts";

const [a, b, c, evil] = ["a", "b", "c", "e"].map(sha) as [string, string, string, string];

/** The branch is at `b`, pushed a minute before the question, in a repository that is pushed to all the time. */
const facts: HeadFacts = {
  at: asked,
  now: b,
  closedAt: undefined,
  updatedAt: asked,
  pushedAt: seconds(600),
  pushes: [push(-60, a, b)],
};

interface Row {
  readonly what: string;
  readonly facts: Partial<HeadFacts>;
  /** A commit, or a part of why there is none. */
  readonly gives: string;
}

describe("the head that was asked about", () => {
  it.each<Row>([
    { what: "pushed before", facts: {}, gives: b },
    { what: "pushed a second before", facts: { pushes: [push(-1, a, b)] }, gives: b },
    {
      what: "pushed a second later",
      facts: { now: evil, pushes: [push(1, b, evil), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "pushed twice later",
      facts: { now: evil, pushes: [push(9, c, evil), push(5, b, c), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "pushed later, before the pull request knows",
      facts: { pushes: [push(9, b, evil), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "pushed in the same second",
      facts: { now: evil, pushes: [push(0, b, evil), push(-60, a, b)] },
      gives: "pushed to in the very second",
    },
    {
      what: "pushed in the same second, told to the millisecond",
      facts: {
        now: evil,
        pushes: [{ ...push(0, b, evil), timestamp: asked.replace("Z", ".001Z") }, push(-60, a, b)],
      },
      gives: "pushed to in the very second",
    },
    {
      what: "pushed in the same second and again",
      facts: { now: evil, pushes: [push(3, c, evil), push(0, b, c), push(-60, a, b)] },
      gives: "pushed to in the very second",
    },
    {
      what: "force-pushed before",
      facts: { pushes: [push(-5, c, b, "force_push"), push(-60, a, c)] },
      gives: b,
    },
    {
      what: "force-pushed later, away and back",
      facts: {
        pushes: [push(9, c, b, "force_push"), push(5, b, c, "force_push"), push(-60, a, b)],
      },
      gives: b,
    },
    {
      what: "force-pushed to an old commit later",
      facts: { now: a, pushes: [push(9, b, a, "force_push"), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "a pull request merged into it later",
      facts: { now: c, pushes: [push(9, b, c, "pr_merge"), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "deleted later",
      facts: {
        closedAt: seconds(9),
        pushes: [push(9, b, zeros, "branch_deletion"), push(-60, a, b)],
      },
      gives: b,
    },
    {
      what: "deleted and made anew later",
      facts: {
        now: evil,
        pushes: [
          push(9, zeros, evil, "branch_creation"),
          push(5, b, zeros, "branch_deletion"),
          push(-60, a, b),
        ],
      },
      gives: b,
    },
    {
      what: "made anew only after the question",
      facts: {
        now: evil,
        pushes: [push(9, zeros, evil, "branch_creation"), push(-5, b, zeros, "branch_deletion")],
      },
      gives: "there was no such branch",
    },
    {
      what: "made before and never pushed to",
      facts: { pushes: [push(-60, zeros, b, "branch_creation")] },
      gives: b,
    },
    {
      what: "closed before, and the branch pushed to since",
      facts: { closedAt: seconds(-1), pushes: [push(9, b, evil), push(-60, a, b)] },
      gives: b,
    },
    {
      what: "closed before, and its branch deleted",
      facts: {
        closedAt: seconds(-9),
        pushes: [push(-8, b, zeros, "branch_deletion"), push(-60, a, b)],
      },
      gives: b,
    },
    {
      what: "merged in the second of the question, with a push just before",
      facts: { closedAt: asked, now: evil, pushes: [push(0, b, evil), push(-60, a, b)] },
      gives: "pushed to in the very second",
    },
    {
      what: "a list that lacks the newest push",
      facts: { now: evil },
      gives: "does not agree with the pull request",
    },
    {
      what: "a list that lacks one in between",
      facts: { now: evil, pushes: [push(9, c, evil), push(-60, a, b)] },
      gives: "does not agree with the pull request",
    },
    {
      what: "a list that begins after the question",
      facts: { now: evil, pushes: [push(9, b, evil)] },
      gives: b,
    },
    {
      what: "an empty list, and nothing has happened since",
      facts: { pushes: [] },
      gives: b,
    },
    {
      what: "an empty list, and something has happened since",
      facts: { pushes: [], updatedAt: seconds(1) },
      gives: "does not reach back",
    },
    {
      what: "an empty list, and nobody has pushed anything since",
      facts: { pushes: [], updatedAt: seconds(1), pushedAt: seconds(-1) },
      gives: b,
    },
    {
      what: "no list, and nobody has pushed anything since",
      facts: { pushes: "403", updatedAt: seconds(1), pushedAt: seconds(-1) },
      gives: b,
    },
    {
      what: "no list, and somebody pushed something in the same second",
      facts: { pushes: "403", pushedAt: asked },
      gives: "403",
    },
    {
      what: "no list, and somebody has pushed something since",
      facts: { pushes: "403", pushedAt: seconds(1) },
      gives: "403",
    },
    {
      what: "no list and no word of pushes: the question's own second proves nothing",
      facts: { pushes: "403", pushedAt: undefined },
      gives: "403",
    },
    {
      what: "no list, but nothing has touched the pull request since before",
      facts: { pushes: "403", pushedAt: undefined, updatedAt: seconds(-1) },
      gives: b,
    },
    {
      what: "times in another zone",
      facts: {
        at: "2026-11-28T20:54:47+01:00",
        now: evil,
        pushes: [
          { ...push(0, b, evil), timestamp: "2026-11-28T14:54:48-05:00" },
          { ...push(0, a, b), timestamp: "2026-11-28T19:54:46.999Z" },
        ],
      },
      gives: b,
    },
  ])("$what", ({ facts: given, gives }) => {
    const pinned = pinnedHead({ ...facts, ...given });
    if ("sha" in pinned) expect(pinned.sha).toBe(gives);
    else expect(pinned.why).toContain(gives);
  });
});
