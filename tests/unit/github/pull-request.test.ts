import { describe, expect, it } from "vitest";
import { readPullRequest } from "../../../src/github/pull-request.ts";
import type { GitHubServer } from "../../harness/github/server.ts";
import type { Pull, Thread } from "../../harness/github/state.ts";
import {
  asked,
  push,
  repository,
  repositoryOfTest,
  seconds,
  serve,
  sha,
  zeros,
} from "./asked-about.ts";

const [a, b, c] = ["a", "b", "c"].map(sha) as [string, string, string];
const activity = "GET /repos/:owner/:repo/activity";

interface Given {
  readonly change?: (state: Thread, pull: Pull) => void;
  readonly fault?: (server: GitHubServer) => void;
  readonly head?: string;
  readonly at?: string;
}

async function read({ change, fault, head, at = asked }: Given = {}) {
  const state = repositoryOfTest();
  state.activities.push(push(-60, a, b));
  change?.(state, state.pulls.get(7) as Pull);
  const { server, api } = await serve(state);
  fault?.(server);
  const pull = await readPullRequest(api, 7, { at, head });
  return { pull, server };
}

describe("a pull request", () => {
  it("is read as it was when it was asked", async () => {
    const { pull, server } = await read();
    expect(pull).toEqual({
      number: 7,
      title: "Add a door",
      body: "It opens.",
      author: "mona",
      state: "open",
      head: { sha: b, ref: "feat/door", repository },
      base: { ref: "main", sha: a },
      isFork: false,
      movedTo: undefined,
    });
    expect(server.requests).toEqual([
      `GET /repos/${repository}/pulls/7`,
      `GET /repos/${repository}/activity`,
    ]);
    expect(server.calls.at(-1)?.query.get("ref")).toBe("refs/heads/feat/door");
  });

  it("says where the branch is now", async () => {
    const { pull } = await read({
      change: (state, { head }) => {
        head.sha = c;
        state.activities.push(push(5, b, c));
      },
    });
    expect(pull).toMatchObject({ head: { sha: b }, movedTo: c });
  });

  it("has the head that the event names, and nobody is asked about pushes", async () => {
    const { pull, server } = await read({ head: c });
    expect(pull).toMatchObject({ head: { sha: c }, movedTo: b });
    expect(server.requests).toEqual([`GET /repos/${repository}/pulls/7`]);
  });

  it("is looked for in pages of pushes, of its own branch alone", async () => {
    const { pull, server } = await read({
      change: (state, { head }) => {
        const shas = Array.from({ length: 252 }, (_, n) => n.toString(16).padStart(40, "f"));
        shas[0] = b;
        for (let n = 1; n < shas.length; n += 1) {
          state.activities.push(push(n, shas[n - 1] as string, shas[n] as string));
        }
        head.sha = shas.at(-1) as string;
        state.activities.push({ ...push(-1, a, c), ref: "refs/heads/feat/door2" });
        state.activities.push({ ...push(-1, a, c), repository: "mallory/Demo" });
      },
    });
    expect(pull).toMatchObject({ head: { sha: b } });
    expect(server.requests.filter((one) => one.endsWith("/activity"))).toHaveLength(3);
  });

  it("is not looked for in pages without end", async () => {
    const { pull, server } = await read({
      change: (state) => {
        for (let n = 1; n <= 1100; n += 1) state.activities.push(push(n, b, b));
      },
    });
    // the repository was last pushed to before the question, says GitHub: that is enough
    expect(pull).toMatchObject({ head: { sha: b } });
    expect(server.requests.filter((one) => one.endsWith("/activity"))).toHaveLength(10);
  });

  it.each<[string, NonNullable<Given["fault"]>]>([
    [
      "are of another branch",
      ({ faults }) =>
        faults.set(activity, { body: [{ ...push(5, c, b), ref: "refs/heads/other" }] }),
    ],
    ["may not be read", ({ faults }) => faults.set(activity, { status: 403, body: {} })],
    ["are not there", ({ faults }) => faults.set(activity, { status: 404, body: {} })],
    ["are not understood", ({ faults }) => faults.set(activity, { body: [{ ref: 1 }] })],
    ["are no list", ({ faults }) => faults.set(activity, { body: { message: "?" } })],
    [
      "have no order",
      ({ faults }) => faults.set(activity, { body: [push(1, c, b), push(2, b, c)] }),
    ],
  ])("has the head that nobody has pushed to since, where its pushes %s", async (_, fault) => {
    expect((await read({ fault })).pull).toMatchObject({ head: { sha: b } });
    const change: Given["change"] = (state, { head }) => {
      head.repo = { id: 1, full_name: repository, pushed_at: seconds(1) };
      Object.assign(state.issues.get(7) ?? {}, { updated_at: seconds(1) });
    };
    const { pull } = await read({ fault, change });
    expect(pull).toMatch(
      /^it cannot be told which commit of pull request #7 was asked about: .+\. Ask again in a new comment$/,
    );
  });

  it("names the permission that is missing", async () => {
    const { pull } = await read({
      change: (_, { head }) => {
        head.repo = { id: 1, full_name: repository, pushed_at: seconds(1) };
      },
      fault: ({ faults }) =>
        faults.set(activity, {
          status: 403,
          body: { message: "Resource not accessible by integration" },
        }),
    });
    expect(pull).toContain(
      "GitHub's list of pushes cannot be read: GitHub answered 403 (Resource not accessible by integration",
    );
    expect(pull).toContain("The token needs `contents: read`. Ask again in a new comment");
  });

  it.each<[string, NonNullable<Given["change"]>, object]>([
    [
      "from a fork",
      (state, { head }) => {
        head.repo = { id: 2, full_name: "mallory/Demo" };
        state.activities.push({ ...push(-5, a, b), repository: "mallory/Demo" });
      },
      { isFork: true, head: { sha: b, repository: "mallory/Demo" } },
    ],
    [
      "from a fork that was deleted, closed before",
      (state, { head }) => {
        head.repo = null;
        Object.assign(state.issues.get(7) ?? {}, { state: "closed", closed_at: seconds(-5) });
      },
      { isFork: true, state: "closed", head: { sha: b, repository: undefined } },
    ],
    [
      "that was merged, its branch deleted",
      (state, pull) => {
        pull.merged_at = seconds(-5);
        Object.assign(state.issues.get(7) ?? {}, { state: "closed", closed_at: seconds(-5) });
        state.activities.push(push(-4, b, zeros, "branch_deletion"));
      },
      { isFork: false, state: "merged", head: { sha: b } },
    ],
    [
      "of a deleted account without a text",
      (state) => {
        Object.assign(state.issues.get(7) ?? {}, { user: null, body: null });
      },
      { author: "ghost", body: "" },
    ],
  ])("%s", async (_, change, facts) => {
    expect((await read({ change })).pull).toMatchObject(facts);
  });

  it("from a deleted fork is refused: somebody may have pushed before it went", async () => {
    const { pull } = await read({
      change: (_, { head }) => {
        head.repo = null;
      },
    });
    expect(pull).toBe(
      "it cannot be told which commit of pull request #7 was asked about: the branch's repository is gone. Ask again in a new comment",
    );
  });

  const pulls = "GET /repos/:owner/:repo/pulls/:number";
  it.each<[string, NonNullable<Given["fault"]>, string]>([
    [
      "is not there",
      ({ faults }) => faults.set(pulls, { status: 404, body: { message: "Not Found" } }),
      "The token needs `pull-requests: read`",
    ],
    [
      "is in trouble",
      ({ faults }) => faults.set(pulls, { status: 502, body: "<html>\nno" }),
      "pull request #7 cannot be read: GitHub answered 502 (",
    ],
    [
      "is not understood",
      ({ faults }) => faults.set(pulls, { body: { number: 7 } }),
      "pull request #7 cannot be read: GitHub's answer is not understood",
    ],
  ])("is refused where it %s", async (_, fault, why) => {
    expect((await read({ fault })).pull).toContain(why);
  });

  it.each([
    ["an option as branch", { ref: "--upload-pack=x" }],
    ["a branch with a line end", { ref: "a\nb" }],
    ["a head that is no commit", { sha: "HEAD" }],
    ["a repository that is none", { repo: { id: 2, full_name: "a/b/../c" } }],
  ])("is refused with %s", async (_, head) => {
    const { pull } = await read({ change: (_state, one) => Object.assign(one.head, head) });
    expect(pull).toBe("pull request #7 cannot be read: GitHub's answer is not understood");
  });

  it("is refused where the event says nothing that can be held to", async () => {
    expect((await read({ head: "main" })).pull).toContain("names a head that is no commit");
    expect((await read({ at: "yesterday" })).pull).toContain("does not say when it was");
  });

  it("is refused where GitHub is not there", async () => {
    const { server, api } = await serve(repositoryOfTest());
    await server.stop();
    expect(await readPullRequest(api, 7, { at: asked, head: undefined })).toMatch(
      /^pull request #7 cannot be read: GitHub could not be reached \(.+\)\. Try again later$/,
    );
  });
});
