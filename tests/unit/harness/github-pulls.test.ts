import { expect, it } from "vitest";
import { comment, repositoryOfTest, seconds, serve, sha } from "../github/asked-about.ts";
import { payloadOf } from "../github/payloads.ts";

type Shape = Record<string, unknown>;

/** What GitHub has sent for an event. */
const real = (event: string, part: string) => payloadOf(event)[part] as Shape;

/** Newer than the payloads that were collected. */
const newer = ["line", "original_line", "start_line", "side", "in_reply_to_id"];

it("says nothing that GitHub does not say", async () => {
  const state = repositoryOfTest();
  const said = {
    user: { login: "mona", type: "User" },
    body: "x",
    author_association: "NONE",
  } as const;
  state.comments.push(comment("mona", "x", { id: 31 }));
  state.reviewComments.push({
    ...said,
    id: 31,
    pull: 7,
    path: "a",
    line: 1,
    created_at: seconds(0),
    updated_at: seconds(0),
    pull_request_review_id: 31,
  });
  state.reviews.push({
    ...said,
    id: 31,
    pull: 7,
    state: "COMMENTED",
    commit_id: sha("b"),
    submitted_at: seconds(0),
  });
  const { api } = await serve(state);
  const shapes: [string, Shape][] = [
    ["pulls/7", real("pull_request", "pull_request")],
    // of an issue that is a pull request, too, none was collected
    ["issues/8", real("issues", "issue")],
    ["issues/comments/31", real("issue_comment", "comment")],
    ["pulls/comments/31", real("pull_request_review_comment", "comment")],
    ["pulls/7/reviews/31", real("pull_request_review", "review")],
  ];
  for (const [path, shape] of shapes) {
    const { data } = await api.call(`GET /repos/{owner}/{repo}/${path}`);
    const unknown = Object.keys(data as Shape).filter((key) => !(key in shape));
    expect(unknown.filter((key) => !newer.includes(key))).toEqual([]);
  }
});
