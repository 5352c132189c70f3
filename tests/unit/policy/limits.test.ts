import { describe, expect, it } from "vitest";
import type { OwnAnswer } from "../../../src/github/own-answers.ts";
import { isOlder, mayBeGoing, rivals, whyTooMany } from "../../../src/policy/limits.ts";

const now = Date.parse("2026-11-28T20:00:00Z");
const hour = 60 * 60 * 1000;

let next = 1;
function answer(more: Partial<OwnAnswer> & { hoursAgo?: number } = {}): OwnAnswer {
  const { hoursAgo = 1, ...rest } = more;
  const id = next++;
  return {
    kind: "comment",
    id,
    createdAt: now - hoursAgo * hour,
    run: String(id),
    attempt: 1,
    step: "agent",
    asked: `issue-comment-${id}`,
    by: "octocat",
    state: "done",
    number: 7,
    url: undefined,
    ...rest,
  };
}

const me = { run: "present", by: "octocat" };
const two = { person: 2, all: undefined };

describe("how often one may ask", () => {
  it("counts what one person asked within 24 hours, whatever the case of the name", () => {
    const some = [answer(), answer({ by: "OctoCat" }), answer({ by: "monalisa" })];
    expect(whyTooMany(two, some, me, now)).toBe(
      "octocat has asked 2 times within 24 hours, and `max-runs-per-day` lets one person ask 2 times. The next question is taken from 2026-11-29, 19:00 UTC on",
    );
    expect(whyTooMany(two, some, { ...me, by: "monalisa" }, now)).toBeUndefined();
  });

  it.each([
    ["refused", { state: "refused" }],
    ["of the present run", { run: "present" }],
    ["of yesterday", { hoursAgo: 24 }],
    ["somebody else's", { by: "monalisa" }],
  ] as const)("does not count one that is %s", (_, more) => {
    expect(whyTooMany(two, [answer(), answer(more)], me, now)).toBeUndefined();
    expect(whyTooMany(two, [answer(), answer()], me, now)).toBeDefined();
  });

  it("counts a run once, however many steps of it answered", () => {
    const some = [answer({ run: "1" }), answer({ run: "1", step: "other" })];
    expect(whyTooMany(two, some, me, now)).toBeUndefined();
  });

  it("says when the first that is too many counts no more", () => {
    const some = [5, 3, 20].map((hoursAgo) => answer({ hoursAgo }));
    expect(whyTooMany(two, some, me, now)).toMatch(/from 2026-11-29, 15:00 UTC on$/);
    expect(whyTooMany({ ...two, person: 1 }, some, me, now)).toMatch(/17:00 UTC on$/);
  });

  it("is told in words that fit one", () => {
    expect(whyTooMany({ person: 1, all: undefined }, [answer()], me, now)).toMatch(
      /^octocat has asked once .* ask once\./,
    );
  });

  it("counts all together, too", () => {
    const some = [answer({ by: "a" }), answer({ by: "b" }), answer({ by: "c" })];
    expect(whyTooMany({ person: 2, all: 3 }, some, me, now)).toBe(
      "there have been 3 runs within 24 hours, and `max-runs-per-day` allows 3 in all. The next question is taken from 2026-11-29, 19:00 UTC on",
    );
    expect(whyTooMany({ person: 2, all: 4 }, some, me, now)).toBeUndefined();
  });
});

describe("who was first", () => {
  const at = (seconds: number) => now + seconds * 1000;

  it("is told by the number within a kind", () => {
    const one = { kind: "reply", id: 1, createdAt: at(2) } as const;
    const other = { kind: "reply", id: 2, createdAt: at(1) } as const;
    expect([isOlder(one, other), isOlder(other, one)]).toEqual([true, false]);
  });

  it("is told by the time between two kinds, and is never both or neither", () => {
    const comment = { kind: "comment", id: 9, createdAt: at(1) } as const;
    for (const [seconds, older] of [
      [0, true],
      [1, false],
      [2, false],
    ] as const) {
      const reply = { kind: "reply", id: 1, createdAt: at(seconds) } as const;
      expect([isOlder(reply, comment), isOlder(comment, reply)]).toEqual([older, !older]);
    }
  });
});

describe("another run that is at work", () => {
  it("is one that says so, today, and not the present one", () => {
    const working = answer({ state: "working" });
    const others = [
      answer(),
      answer({ state: "refused" }),
      answer({ state: "working", run: "present" }),
      answer({ state: "working", hoursAgo: 25 }),
    ];
    expect(rivals([working, ...others], "present", now)).toEqual([working]);
  });

  it("is believed for six hours where its run cannot be looked at", () => {
    expect(mayBeGoing(answer({ hoursAgo: 5.9 }), now)).toBe(true);
    expect(mayBeGoing(answer({ hoursAgo: 6 }), now)).toBe(false);
  });
});
