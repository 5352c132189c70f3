import { describe, expect, it } from "vitest";
import { type HandsFacts, handsFor } from "../../../src/policy/hands.ts";
import { fromFork, pullRequest } from "../github/payloads.ts";

const [head, other] = ["1".repeat(40), "2".repeat(40)];
const pull = {
  head: { sha: head, ref: "topic", repository: "octo-org/demo" },
  base: { ref: "release", sha: other },
  isFork: false,
  movedTo: undefined,
  state: "open",
} as const;

/** A question at a pull request that ended well, with one file changed. */
function hands(facts: Partial<HandsFacts> = {}) {
  return handsFor({
    changes: "commit",
    conclusion: "success",
    event: { name: "issue_comment", payload: {} },
    ask: { isPullRequest: true },
    pull,
    tree: { commit: head, entries: [{ path: "src/a" }] },
    files: 1,
    allowWorkflowChanges: false,
    ref: "refs/heads/main",
    sha: other,
    defaultBranch: "main",
    ...facts,
  });
}
const why = (facts: Partial<HandsFacts>) => {
  const what = hands(facts);
  expect(what.kind).toBe("patch");
  return "why" in what ? what.why : undefined;
};

describe("at a pull request", () => {
  it("a commit goes on its head, and a pull request to its base", () => {
    expect(hands()).toEqual({ kind: "commit", branch: "topic" });
    expect(hands({ changes: "pull-request" })).toEqual({ kind: "pull-request", base: "release" });
  });

  it.each(["commit", "pull-request"] as const)("of a fork nothing is written: %s", (changes) => {
    expect(why({ changes, pull: { ...pull, isFork: true } })).toMatch(/fork/);
    const event = { name: "pull_request", payload: fromFork() };
    expect(why({ changes, pull: undefined, ask: undefined, event })).toMatch(/fork/);
  });

  it("its own event says the branch where nobody asks", () => {
    const payload = pullRequest() as never as { pull_request: { head: { sha: string } } };
    const { sha } = payload.pull_request.head;
    const event = { name: "pull_request", payload };
    const tree = { commit: sha, entries: [{ path: "a" }] };
    const facts = { event, ask: undefined, pull: undefined, tree, defaultBranch: "main" };
    expect(hands(facts)).toEqual({ kind: "commit", branch: "changes" });
    // what `actions/checkout` brings there is a merge that nobody has made
    expect(why({ ...facts, tree: { commit: other, entries: [] } })).toMatch(/checkout: head/);
    expect(why({ ...facts, event: { ...event, payload: {} } })).toMatch(/does not say/);
  });

  it("that is over, or whose branch has moved on, gets none", () => {
    expect(why({ pull: { ...pull, state: "merged" } })).toMatch(/is merged/);
    expect(why({ pull: { ...pull, movedTo: other } })).toMatch(/moved on/);
    const asPull = { changes: "pull-request", pull: { ...pull, movedTo: other } } as const;
    expect(hands(asPull).kind).toBe("pull-request");
  });
});

describe("on other events", () => {
  const none = { pull: undefined, ask: undefined };
  const tree = { commit: other, entries: [{ path: "a" }] };

  it("an issue gets a pull request to the default branch, and no commit", () => {
    const facts = { pull: undefined, ask: { isPullRequest: false }, tree };
    expect(hands({ ...facts, changes: "pull-request" })).toEqual({
      kind: "pull-request",
      base: "main",
    });
    expect(why(facts)).toMatch(/no branch.*pull-request/);
    // which is so whatever is checked out; and `checkout: head` has nothing to bring there
    expect(why({ ...facts, tree: undefined })).toMatch(/no branch/);
    const elsewhere = { ...facts, tree: { commit: head, entries: [] } };
    const said = why({ ...elsewhere, changes: "pull-request" });
    expect(said).toMatch(/`actions\/checkout`/);
    expect(said).not.toMatch(/checkout: head/);
  });

  it.each(["push", "schedule", "workflow_dispatch"])("%s is about its branch", (name) => {
    const facts = { ...none, tree, event: { name, payload: {} }, ref: "refs/heads/dev/x" };
    expect(hands(facts)).toEqual({ kind: "commit", branch: "dev/x" });
    expect(hands({ ...facts, changes: "pull-request" })).toEqual({
      kind: "pull-request",
      base: "dev/x",
    });
    expect(why({ ...facts, ref: "refs/heads/main" })).toMatch(/default branch/);
    expect(why({ ...facts, ref: "refs/tags/v1" })).toMatch(/no branch/);
    expect(why({ ...facts, sha: head })).toMatch(/the workspace has the commit/);
  });

  it("a merge queue's branch is nobody's to write on", () => {
    const ref = "refs/heads/gh-readonly-queue/main/pr-1";
    const facts = { ...none, tree, event: { name: "merge_group", payload: {} }, ref };
    expect(why(facts)).toMatch(/no branch/);
    expect(why({ ...facts, changes: "pull-request" })).toMatch(/no branch/);
  });

  it("a failed run of CI is about the branch it ran on, unless that is a fork's", () => {
    const run = { head_branch: "topic", head_sha: other, head_repository: { id: 1 } };
    const event = (id: number) => ({
      name: "workflow_run",
      payload: { workflow_run: run, repository: { id } },
    });
    expect(hands({ ...none, tree, event: event(1) })).toEqual({ kind: "commit", branch: "topic" });
    expect(why({ ...none, tree, event: event(2) })).toMatch(/fork/);
  });
});

describe("whatever the event", () => {
  it.each(["failure", "timeout", "cancelled"])("%s is not committed", (conclusion) => {
    expect(why({ conclusion })).toContain(conclusion);
  });

  it.each([
    ".github/workflows/ci.yml",
    ".github/workflows/deep/x",
    ".github/workflows",
    ".github",
    ".GitHub/Workflows/ci.yml",
  ])("%s stays in the patch unless it is allowed", (path) => {
    const tree = { commit: head, entries: [{ path: "src/a" }, { path }] };
    expect(why({ tree })).toMatch(/allow-workflow-changes/);
    expect(hands({ tree, allowWorkflowChanges: true }).kind).toBe("commit");
  });

  it.each([".github/actions/a/action.yml", ".github/workflows.md", "x/.github/workflows/ci.yml"])(
    "%s is a file like others",
    (path) => {
      expect(hands({ tree: { commit: head, entries: [{ path }] } }).kind).toBe("commit");
    },
  );

  it("without changes, or where none are wanted, there is nothing", () => {
    expect(hands({ files: 0, tree: undefined })).toEqual({ kind: "none" });
    expect(hands({ changes: "none" })).toEqual({ kind: "none" });
    expect(hands({ changes: "patch" })).toEqual({ kind: "patch" });
    expect(why({ tree: undefined })).toMatch(/the log says why/);
  });
});
