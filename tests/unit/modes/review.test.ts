import { describe, expect, it } from "vitest";
import { apiClient } from "../../../src/github/client.ts";
import { pullOfEvent } from "../../../src/github/pull-request-event.ts";
import { reviewFrom } from "../../../src/modes/review.ts";
import { type ReviewsState, reviewsRoutes } from "../../harness/github/reviews.ts";
import { gitHubOfTest } from "../../harness/github/server.ts";
import { denied } from "../github/checks-support.ts";

const sha = "c".repeat(40);
const route = "POST /repos/:owner/:repo/pulls/:number/reviews";
const diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n one\n-two\n+2\n+3\n";
const answer = {
  body: "Two things",
  comments: [
    { path: "a", line: 2, start_line: null, side: null, text: "here", suggestion: "two" },
    { path: "a", line: 3, start_line: 1, side: "RIGHT", text: "all", suggestion: null },
    { path: "a", line: 2, start_line: null, side: "LEFT", text: "gone", suggestion: null },
    { path: "b", line: 9, start_line: null, side: null, text: "there", suggestion: null },
  ],
};

async function reviewed(structured: unknown, state: Partial<ReviewsState> = {}, fault?: object) {
  const whole: ReviewsState = {
    ...{ number: 7, commits: [sha], made: [] },
    diff: { a: [{ right: [1, 3], left: [2, 2] }] },
    ...state,
  };
  const server = await gitHubOfTest(reviewsRoutes(whole));
  if (fault !== undefined) server.faults.set(route, fault);
  const signal = AbortSignal.timeout(20_000);
  const access = { repository: "Octo-Org/Demo", token: "ghs_x", apiUrl: server.url, signal };
  const pull = { number: 7, head: { sha } };
  const done = await reviewFrom({ structured, pull, diff, api: await apiClient(access) });
  return { done, made: whole.made, server };
}

const page = "https://github.com/Octo-Org/Demo/pull/7#pullrequestreview-81";

describe("the agent's answer", () => {
  it("becomes one review at the pinned head, which decides nothing", async () => {
    const { done, made } = await reviewed(answer);
    expect(done).toEqual({
      ...{ warnings: [], url: page },
      said: `It made [a review](${page}), with 3 remarks at lines.`,
    });
    expect(made).toMatchObject([{ event: "COMMENT", commit_id: sha }]);
    expect(made[0]?.comments.map(({ body: _, ...place }) => place)).toEqual([
      { path: "a", side: "RIGHT", line: 2 },
      { path: "a", side: "RIGHT", line: 3, start_line: 1, start_side: "RIGHT" },
      { path: "a", side: "LEFT", line: 2 },
    ]);
    expect(made[0]?.body).toMatch(/Two things\n\n\*\*<code>b:9<\/code>\*\*\n\nthere$/);
  });

  it("stands in the body where GitHub takes no line of it, and that is said", async () => {
    const { done, made, server } = await reviewed(answer, { diff: {} });
    expect(done.warnings).toEqual([
      expect.stringMatching(
        /^GitHub took no remark at its line \(.*must be part of the diff.*its body$/,
      ),
    ]);
    expect(done).toMatchObject({ url: page, said: expect.stringContaining("0 remarks at lines") });
    expect(made).toHaveLength(1);
    expect(made[0]?.comments).toEqual([]);
    expect(made[0]?.body).toMatch(/a:2<\/code>[\s\S]*a:1-3<\/code>[\s\S]*b:9<\/code>/);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["may not be sent", denied, /answered 403 .*`pull-requests: write`/],
    ["GitHub has trouble with", { status: 502, body: { message: "Bad gateway" } }, /answered 502/],
    ["is too often", { status: 403, body: { message: "secondary rate limit" } }, /rate limit\)$/],
  ])("that %s is a warning, and sent once", async (_, fault, says) => {
    const { done, server } = await reviewed(answer, {}, fault);
    expect(done).toMatchObject({ said: undefined, url: undefined });
    expect(done.warnings).toEqual([expect.stringMatching(says)]);
    expect(server.requests).toHaveLength(1);
  });

  it("about a commit that is no more the pull request's is a warning", async () => {
    const { done, made } = await reviewed(answer, { commits: [] });
    expect(done.warnings).toEqual([expect.stringMatching(/could not be made: .* 422 .*commit_id/)]);
    expect(made).toEqual([]);
  });

  it.each([
    [undefined, "the agent gave no answer"],
    ["text", "its answer is no review"],
    [{ body: 1, comments: [] }, "its answer is no review"],
    [{ body: "x", comments: [{ path: "a" }] }, "its answer is no review"],
    [
      { body: "x", comments: [{ path: "a", line: 1, text: "x", side: "UP" }] },
      "its answer is no review",
    ],
  ])("that is no review (%j) is said, and GitHub is not asked", async (structured, why) => {
    const { done, server } = await reviewed(structured);
    expect(done.warnings).toEqual([`no review was made: ${why}`]);
    expect(server.requests).toEqual([]);
  });

  it("has a link only where GitHub gives one", async () => {
    const { done } = await reviewed(answer, {}, { body: { html_url: "javascript:x" } });
    expect(done).toMatchObject({
      url: undefined,
      said: "It made a review, with 3 remarks at lines.",
    });
  });
});

describe("an event", () => {
  const pull_request = { number: 7, head: { sha }, base: { sha } };
  const issue = { number: 7, pull_request: {} };
  const run = (event: string, pull_requests: unknown = [{ number: 7 }]) => ({
    workflow_run: { event, head_sha: sha, pull_requests },
  });

  it.each([
    ["pull_request", { pull_request }, sha],
    ["pull_request_target", { pull_request }, sha],
    ["pull_request_review", { pull_request }, sha],
    ["pull_request", { pull_request: { ...pull_request, head: { sha: "main" } } }, undefined],
    ["issue_comment", { issue }, undefined],
    ["workflow_run", run("pull_request"), sha],
    ["workflow_run", run("pull_request_target"), undefined],
  ])(
    "says which pull request it is about, and the commit where it does: %s %j",
    (name, payload, head) => {
      expect(pullOfEvent({ name, payload })).toEqual({ number: 7, head });
    },
  );

  it.each([
    ["push", {}],
    ["issue_comment", { issue: { number: 7 } }],
    ["pull_request", { pull_request: { ...pull_request, number: "7/../8" } }],
    ["pull_request", null],
    ["workflow_run", run("pull_request", [])],
  ])("is about none: %s %j", (name, payload) => {
    expect(pullOfEvent({ name, payload })).toBeUndefined();
  });
});
