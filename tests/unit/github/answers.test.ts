import { describe, expect, it } from "vitest";
import { answerMark } from "../../../src/github/answer-mark.ts";
import { editAnswer, ownLogin, replyTo } from "../../../src/github/answers.ts";
import { apiClient } from "../../../src/github/client.ts";
import { isGoing, ownAnswers, TooManyComments } from "../../../src/github/own-answers.ts";
import { jobsBot } from "../../harness/github/comments.ts";
import { threadOfTest } from "./thread.ts";

async function standIn() {
  const github = await threadOfTest();
  const api = await apiClient({
    repository: "Octo-Org/Demo",
    token: "ghs_x",
    apiUrl: github.url,
    signal: AbortSignal.timeout(20_000),
  });
  return { ...github, api };
}

const asked = { asked: { kind: "issue-comment", id: 1 }, number: 7 };
const mark = (more: object = {}) =>
  answerMark({
    ...{ run: "1", attempt: 1, step: "agent", asked: "issue-comment-1", by: "octocat" },
    ...{ state: "working" as const, ...more },
  });

describe("an answer", () => {
  it.each(["issue-comment", "review", "issue", "pull-request", "label"])(
    "to a %s is a comment",
    async (kind) => {
      const { api, thread } = await standIn();
      const given = await replyTo(api, { asked: { kind, id: 1 }, number: 7 }, (is) => `a ${is}`);
      expect(given).toMatchObject({ kind: "comment", createdAt: expect.any(Number) });
      expect(thread.comments).toMatchObject([{ id: given.id, issue: 7, body: "a comment" }]);
    },
  );

  it.each([
    ["what began a thread", 51],
    ["a reply in it", 52],
  ])("to %s stands in that thread", async (_, id) => {
    const { api, thread, reviewComment } = await standIn();
    reviewComment({ id: 51 });
    reviewComment({ id: 52, in_reply_to_id: 51 });
    const asked = { kind: "review-comment", id };
    const given = await replyTo(api, { asked, number: 7 }, (is) => `a ${is}`);
    expect(given.kind).toBe("reply");
    expect(thread.reviewComments.at(-1)).toMatchObject({ body: "a reply", in_reply_to_id: 51 });
    expect(thread.comments).toEqual([]);
  });

  it("to a thread that is gone is a comment", async () => {
    const { api, thread } = await standIn();
    const asked = { kind: "review-comment", id: 99 };
    await replyTo(api, { asked, number: 7 }, (is) => `a ${is}`);
    expect(thread.comments).toMatchObject([{ body: "a comment" }]);
  });

  it("that may not be written fails with GitHub's own words", async () => {
    const { api, faults, reviewComment, thread } = await standIn();
    reviewComment({ id: 51 });
    const body = { message: "Resource not accessible by integration" };
    const route = "POST /repos/:owner/:repo/pulls/:number/comments/:id/replies";
    faults.set(route, { status: 403, body });
    const asked = { kind: "review-comment", id: 51 };
    const writing = replyTo(api, { asked, number: 7 }, () => "x");
    await expect(writing).rejects.toThrow(/not accessible/);
    expect(thread.comments).toEqual([]); // another comment would be refused as well
  });

  it("is edited where it stands", async () => {
    const { api, thread, reviewComment } = await standIn();
    reviewComment({ id: 51 });
    const places = [asked, { asked: { kind: "review-comment", id: 51 }, number: 7 }];
    for (const place of places) {
      const given = await replyTo(api, place, () => "before");
      await editAnswer(api, given, "after");
    }
    expect(thread.comments.at(-1)?.body).toBe("after");
    expect(thread.reviewComments.at(-1)?.body).toBe("after");
  });
});

describe("our own answers", () => {
  const ours = async (where: Parameters<typeof ownAnswers>[2], of = standIn()) => {
    const { api } = await of;
    const found = await ownAnswers(api, ownLogin(api, undefined), where);
    return found.map(({ kind, id, number }) => [kind, id, number]);
  };

  it("are those of the token's account that say so", async () => {
    const github = await standIn();
    const { comment, reviewComment } = github;
    comment({ id: 1, body: mark() });
    comment({ id: 2, body: mark(), user: { login: "mallory", type: "User" } });
    comment({ id: 3, body: mark(), user: { login: "other[bot]", type: "Bot" } });
    comment({ id: 4, body: mark(), user: null });
    comment({ id: 5, body: "a comment of another step" });
    comment({ id: 6, body: `> ${mark()}` });
    comment({ id: 7, body: mark(), issue: 8 });
    reviewComment({ id: 8, body: mark() });
    expect(await ours({ number: 7 }, Promise.resolve(github))).toEqual([
      ["comment", 1, 7],
      ["reply", 8, 7],
    ]);
    expect(await ours({}, Promise.resolve(github))).toEqual([
      ["comment", 1, 7],
      ["comment", 7, 8],
      ["reply", 8, 7],
    ]);
  });

  it("are a user's where the token is one's", async () => {
    const github = await threadOfTest({ self: { login: "Monalisa", type: "User" } });
    const api = await apiClient({
      ...{ repository: "Octo-Org/Demo", token: "ghp_x", apiUrl: github.url },
      signal: AbortSignal.timeout(20_000),
    });
    github.comment({ id: 1, body: mark(), user: { login: "monalisa", type: "User" } });
    github.comment({ id: 2, body: mark(), user: jobsBot });
    expect(await ours({ number: 7 }, Promise.resolve({ ...github, api }))).toEqual([
      ["comment", 1, 7],
    ]);
  });

  it("are read on all pages, and no further than can be counted", async () => {
    const github = await standIn();
    for (let id = 1; id <= 150; id += 1) github.comment({ id, body: mark() });
    expect(await ours({ number: 7 }, Promise.resolve(github))).toHaveLength(150);
    for (let id = 151; id <= 3001; id += 1) github.comment({ id, body: "x" });
    await expect(ours({ number: 7 }, Promise.resolve(github))).rejects.toThrow(TooManyComments);
  });

  it("at an issue are comments alone", async () => {
    const github = await standIn();
    github.comment({ id: 1, body: mark(), issue: 8 });
    const where = { number: 8, isPullRequest: false };
    expect(await ours(where, Promise.resolve(github))).toEqual([["comment", 1, 8]]);
    expect(github.requests.filter((one) => one.includes("/pulls/"))).toEqual([]);
  });

  it("are those since a time", async () => {
    const github = await standIn();
    github.comment({ id: 1, body: mark(), updated_at: "2026-11-27T00:00:00Z" });
    github.comment({ id: 2, body: mark(), updated_at: "2026-11-28T00:00:00Z" });
    const where = { number: 7, since: new Date("2026-11-27T12:00:00Z") };
    expect(await ours(where, Promise.resolve(github))).toEqual([["comment", 2, 7]]);
  });

  it("are not known where GitHub says something else", async () => {
    const github = await standIn();
    github.faults.set("GET /repos/:owner/:repo/issues/:number/comments", { body: [{ id: "1" }] });
    await expect(ours({ number: 7 }, Promise.resolve(github))).rejects.toThrow();
  });
});

describe("a run", () => {
  it.each([
    ["queued", true],
    ["in_progress", true],
    ["waiting", true],
    ["completed", false],
  ])("that is %s goes on: %s", async (status, going) => {
    const { api, writing } = await standIn();
    writing.runs.set("5", status);
    expect(await isGoing(api, "5")).toBe(going);
  });

  it.each([403, 404, 500])("is not known on %d", async (status) => {
    const { api, faults, writing } = await standIn();
    writing.runs.set("5", "in_progress");
    const fault = { status, body: { message: "no" } };
    faults.set("GET /repos/:owner/:repo/actions/runs/:id", fault);
    expect(await isGoing(api, "5")).toBeUndefined();
  });
});
