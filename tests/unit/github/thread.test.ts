import { describe, expect, it } from "vitest";
import { readThread, type Thread } from "../../../src/github/thread.ts";
import type { GitHubServer } from "../../harness/github/server.ts";
import type { Review, ReviewComment, Thread as State } from "../../harness/github/state.ts";
import { asked, comment, person, repositoryOfTest, seconds, serve, sha } from "./asked-about.ts";

const question = { kind: "issue-comment", id: 1 };

async function read(
  fill: (state: State) => void,
  about: Partial<Parameters<typeof readThread>[1]> = {},
  fault?: (server: GitHubServer) => void,
) {
  const state = repositoryOfTest();
  fill(state);
  const { server, api } = await serve(state);
  fault?.(server);
  const number = about.number ?? 7;
  const all = { asked: question, number, isPullRequest: number === 7, at: asked, ...about };
  return { thread: await readThread(api, all), server };
}

const texts = (thread: Thread | string) =>
  typeof thread === "string" ? thread : thread.entries.map(({ text }) => text);
const leftOut = (thread: Thread | string) => (typeof thread === "string" ? thread : thread.leftOut);

function review(id: number, body: string, other: Partial<Review> = {}): Review {
  return {
    id,
    pull: 7,
    body,
    state: "COMMENTED",
    user: person("hubot"),
    submitted_at: seconds(-30),
    commit_id: sha("b"),
    author_association: "MEMBER",
    ...other,
  };
}

function atLine(id: number, body: string, other: Partial<ReviewComment> = {}): ReviewComment {
  return {
    id,
    pull: 7,
    path: "src/door.ts",
    line: 12,
    body,
    user: person("hubot"),
    created_at: seconds(-20),
    updated_at: seconds(-20),
    author_association: "MEMBER",
    ...other,
  };
}

describe("a thread", () => {
  it("is comments, reviews and comments at lines, in the order they were written", async () => {
    const { thread, server } = await read(({ comments, reviews, reviewComments }) => {
      comments.push(comment("mona", "/agent is it good?", { id: 1, created_at: asked }));
      comments.push(comment("octocat", "first", { created_at: seconds(-40) }));
      comments.push(comment("hubot", "elsewhere", { issue: 8 }));
      reviews.push(review(5, "second", { state: "CHANGES_REQUESTED" }));
      reviewComments.push(atLine(6, "third", { pull_request_review_id: 5 }));
      reviewComments.push(atLine(7, "fourth", { line: null, created_at: seconds(-10) }));
    });
    expect(texts(thread)).toEqual(["first", "second", "third", "fourth", "/agent is it good?"]);
    expect(thread).toMatchObject({
      question: { id: 1, by: "mona" },
      leftOut: [],
      entries: [
        { kind: "comment", by: "octocat", association: "NONE", createdAt: seconds(-40) },
        { kind: "review", by: "hubot", association: "MEMBER", verdict: "CHANGES_REQUESTED" },
        { kind: "review-comment", place: { path: "src/door.ts", line: 12 }, review: 5 },
        { kind: "review-comment", place: { path: "src/door.ts", line: undefined } },
        { kind: "comment" },
      ],
    });
    expect(server.requests).toHaveLength(4);
  });

  it("of an issue has comments alone", async () => {
    const { thread, server } = await read(
      ({ comments }) => comments.push(comment("mona", "hm", { issue: 8 })),
      { number: 8 },
    );
    expect(texts(thread)).toEqual(["hm"]);
    expect(server.requests).toEqual([
      "GET /repos/Octo-Org/Demo/issues/8",
      "GET /repos/Octo-Org/Demo/issues/8/comments",
    ]);
  });

  it("ends with the question: what was said or changed later is not in it", async () => {
    const { thread } = await read(({ comments, reviews, reviewComments }) => {
      comments.push(comment("mona", "kept", { updated_at: asked }));
      comments.push(comment("mona", "the same second", { created_at: asked }));
      comments.push(comment("eve", "later", { created_at: seconds(1) }));
      comments.push(comment("eve", "edited later", { updated_at: seconds(1) }));
      reviews.push(review(5, "reviewed later", { submitted_at: seconds(1) }));
      reviewComments.push(atLine(6, "line edited later", { updated_at: seconds(1) }));
      reviewComments.push(atLine(7, "at a line later", { created_at: seconds(1) }));
    });
    expect(texts(thread)).toEqual(["kept", "the same second"]);
    expect(leftOut(thread)).toEqual(["2 that somebody edited after the question are not in it."]);
  });

  it("has what was written in the review that asks, which counts as changed with it", async () => {
    const { thread } = await read(
      ({ reviews, reviewComments }) => {
        reviews.push(review(5, "/agent mend these", { submitted_at: asked }));
        const sent = { updated_at: seconds(1) };
        reviewComments.push(atLine(6, "this", { ...sent, pull_request_review_id: 5 }));
        reviewComments.push(atLine(7, "other", { ...sent, pull_request_review_id: 4 }));
      },
      { asked: { kind: "review", id: 5 } },
    );
    expect(texts(thread)).toEqual(["this", "/agent mend these"]);
    expect(thread).toMatchObject({ question: { kind: "review", id: 5 } });
  });

  it("keeps the question, whatever has become of it, and takes no other's id for it", async () => {
    const { thread } = await read(
      ({ comments, reviewComments }) => {
        comments.push(comment("eve", "no", { id: 6 }));
        reviewComments.push(
          atLine(6, "/agent this?", { created_at: asked, updated_at: seconds(3) }),
        );
      },
      { asked: { kind: "review-comment", id: 6 } },
    );
    expect(thread).toMatchObject({ question: { kind: "review-comment", text: "/agent this?" } });
  });

  it("has our answers, but neither that we work on one nor that we refused", async () => {
    const mark = (state: string) =>
      `<!-- agent-runner: answer run=1 attempt=1 step=a asked=b by=mona state=${state} -->`;
    const { thread } = await read(({ comments }) => {
      comments.push(comment("github-actions[bot]", `${mark("working")}\n\nWorking`));
      comments.push(comment("github-actions[bot]", `${mark("refused")}\n\nNo`));
      comments.push(comment("github-actions[bot]", `${mark("done")}\n\nIt opens`));
      comments.push(comment("mona", "state=working"));
    });
    expect(texts(thread)).toEqual([`${mark("done")}\n\nIt opens`, "state=working"]);
  });

  it("has no empty entries and no drafts, but a verdict", async () => {
    const { thread } = await read(({ reviews }) => {
      reviews.push(review(5, ""));
      reviews.push(review(6, "", { state: "APPROVED" }));
      const { submitted_at: _, ...draft } = review(7, "draft", { state: "PENDING" });
      reviews.push(draft);
    });
    expect(thread).toMatchObject({ entries: [{ id: 6, verdict: "APPROVED" }] });
    expect(texts(thread)).toHaveLength(1);
  });

  it("keeps the newest where there are many, and says what is missing", async () => {
    const { thread, server } = await read(({ comments, reviewComments }) => {
      for (let n = 0; n < 430; n += 1) {
        comments.push(comment("mona", `c${n}`, { id: 1000 + n, created_at: seconds(n - 900) }));
        const created_at = seconds(n - 1000);
        reviewComments.push(atLine(2000 + n, `l${n}`, { created_at, updated_at: created_at }));
      }
    });
    expect(texts(thread)).toHaveLength(300);
    expect(texts(thread)).toEqual(expect.arrayContaining(["c429", "c300", "l429", "l260"]));
    expect(texts(thread).at(-1)).toBe("c429");
    expect(leftOut(thread)).toEqual([
      "The oldest 300 comments are not in it.",
      "The oldest comments at lines are not in it.",
      "30 older ones are not in it.",
    ]);
    expect(server.requests.filter((one) => one.includes("/issues/7/comments"))).toHaveLength(2);
  });

  it("knows a deleted account, and an association that is none", async () => {
    const { thread } = await read(({ comments }) => {
      comments.push(comment("x", "a", { user: null, author_association: "<b>" }));
    });
    expect(thread).toMatchObject({ entries: [{ by: "ghost", association: "NONE" }] });
  });

  it.each<[string, (server: GitHubServer) => void, string]>([
    [
      "GitHub refuses",
      ({ faults }) =>
        faults.set("GET /repos/:owner/:repo/pulls/:number/reviews", {
          status: 403,
          body: { message: "no" },
        }),
      "The token needs `pull-requests: read`.",
    ],
    [
      "GitHub's answer is none",
      ({ faults }) =>
        faults.set("GET /repos/:owner/:repo/issues/:number/comments", { body: [{ id: "x" }] }),
      "The thread of #7 cannot be read: GitHub's answer is not understood.",
    ],
  ])("is a sentence where %s", async (_, fault, why) => {
    expect((await read(() => undefined, {}, fault)).thread).toContain(why);
  });

  it("is a sentence where nobody knows when it was asked", async () => {
    const { thread, server } = await read(() => undefined, { at: "now" });
    expect(thread).toContain("does not say when it was asked");
    expect(server.requests).toEqual([]);
  });
});
