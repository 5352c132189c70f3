import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { type HandsWork, handOver } from "../../../src/modes/hands.ts";
import type { Runtime } from "../../../src/modes/runtime.ts";
import type { TaskChanges } from "../../../src/task/changes/watch.ts";
import { type GitData, gitDataRoutes } from "../../harness/github/git-data.ts";
import { gitHubOfTest } from "../../harness/github/server.ts";
import { once } from "../../unit/checkout/world.ts";
import { load, workspace } from "../../unit/settings/workspace.ts";
import {
  changesBy,
  clone,
  commit,
  git,
  repository,
  write,
} from "../../unit/task/changes/repository.ts";

const binary = Buffer.from(Array.from({ length: 3_000 }, (_, at) => (at * 7919) % 256));
const repo = "/repos/:owner/:repo";

/** A repository with a pull request's branch, and a task's changes in a clone of it. */
async function made(act: (folder: string) => void) {
  const origin = repository({ tool: "#!/bin/sh\n", gone: "x\n", "d/gone": "x\n", same: "s\n" });
  git(origin, "checkout", "--quiet", "-b", "topic");
  commit(origin, { "on-topic": "1\n" });
  const bare = workspace();
  git(bare, "clone", "--quiet", "--bare", `file://${origin}`, ".");
  const folder = clone(bare, "--branch=topic");
  const told = await changesBy(folder, () => act(folder), process.env, { forCommit: true });
  expect(told.warnings).toEqual([]);
  const [head, base] = ["topic", "main"].map((name) => git(bare, "rev-parse", name).trim());
  return { bare, folder, head: head ?? "", base: base ?? "", changes: told.changes };
}

/** The same for most tests. */
const usual = once(() => made(change));

/** What was made, with that repository on GitHub, which is the test's own. */
async function scene(act?: (folder: string) => void) {
  const { folder, head, base, ...known } = await (act ? made(act) : usual());
  const bare = workspace();
  cpSync(known.bare, bare, { recursive: true });
  const changes = withOwnContents(known.changes);
  const data: GitData = {
    folder: bare,
    defaultBranch: "main",
    account: "github-actions[bot]",
    pulls: [],
  };
  const server = await gitHubOfTest(gitDataRoutes(data));
  const pull = {
    ...{ number: 5, title: "t", body: "", author: "octocat", state: "open" as const },
    head: { sha: head, ref: "topic", repository: "Octo-Org/Demo" },
    base: { ref: "main", sha: base },
    ...{ isFork: false, movedTo: undefined },
  };
  const work = { changes, conclusion: "success", ask: undefined, pull } as HandsWork;
  return { bare, folder, head, data, server, work };
}

/** Handing over removes what is kept of the contents. */
function withOwnContents(changes: TaskChanges | undefined): TaskChanges | undefined {
  const { tree } = changes ?? {};
  if (changes === undefined || tree === undefined) return changes;
  const own = join(workspace(), "contents");
  cpSync(tree.folder, own, { recursive: true });
  const moved = (path: string) => join(own, relative(tree.folder, path));
  const entries = tree.entries.map((one) =>
    one.contentPath === undefined ? one : { ...one, contentPath: moved(one.contentPath) },
  );
  return { ...changes, tree: { ...tree, entries, folder: own } };
}

function change(folder: string): void {
  write(folder, "new/binary", binary);
  chmodSync(join(folder, "tool"), 0o755);
  symlinkSync("same", join(folder, "link"));
  rmSync(join(folder, "gone"));
  rmSync(join(folder, "d"), { recursive: true });
  write(folder, "é 😀", "x\n");
  write(folder, "same", "changed\n");
}

async function hand(
  { server, work }: { server: { url: string }; work: HandsWork },
  changes: string,
  more: { inputs?: Record<string, string>; cancelled?: AbortSignal; secrets?: string[] } = {},
) {
  const inputs = { command: "true", "github-token": "ghs_job", changes, ...more.inputs };
  const runtime = {
    cancelled: more.cancelled ?? new AbortController().signal,
    event: { name: "issue_comment", payload: { repository: { default_branch: "main" } } },
    environment: {
      GITHUB_API_URL: server.url,
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "Octo-Org/Demo",
      GITHUB_RUN_ID: "77",
    },
    redactor: createRedactor(more.secrets),
    timeline: createTimeline(),
    runId: "0123456789abcdef",
  } as unknown as Runtime;
  return handOver(await load({ inputs }), work, runtime);
}

/** The tree of a commit as git lists it, against that of another. */
const raw = (bare: string, from: string, to: string) =>
  git(bare, "-c", "core.quotepath=false", "diff-tree", "-r", "--name-status", from, to)
    .trim()
    .split("\n");

describe("a commit on the head branch", () => {
  it("has modes, links, bytes and deletions as git has them", async () => {
    const at = await scene();
    const { outputs, warnings, said } = await hand(at, "commit");
    expect(warnings).toEqual([]);
    const sha = git(at.bare, "rev-parse", "topic").trim();
    expect(outputs).toEqual({ "commit-sha": sha, branch: "topic" });
    expect(said).toMatch(/^\*\*Committed\*\* as .*starts no workflows/);
    expect(git(at.bare, "rev-parse", "topic^").trim()).toBe(at.head);
    expect(git(at.bare, "ls-tree", "-r", "topic")).toMatch(/^100755 blob \w+\ttool$/m);
    expect(git(at.bare, "ls-tree", "-r", "topic")).toMatch(/^120000 blob \w+\tlink$/m);
    expect(git(at.bare, "cat-file", "blob", "topic:link")).toBe("same");
    expect(Buffer.from(git(at.bare, "cat-file", "blob", "topic:new/binary"), "latin1")).toEqual(
      binary,
    );
    const changed = raw(at.bare, at.head, "topic").map((line) =>
      Buffer.from(line, "latin1").toString("utf8"),
    );
    expect(changed).toEqual([
      ...["D\td/gone", "D\tgone", "A\tlink", "A\tnew/binary", "M\tsame", "M\ttool", "A\té 😀"],
    ]);
    // a mode alone needs no bytes, and text goes along with the tree
    expect(at.server.requests.map((one) => one.replace("/repos/Octo-Org/Demo/git/", ""))).toEqual([
      ...["GET ref/heads%2Ftopic", "POST blobs", "POST trees", "POST commits"],
      "PATCH refs/heads%2Ftopic",
    ]);
    expect(git(at.bare, "log", "-1", "--format=%B", "topic")).toMatch(
      /^Agent: changes\n\nAgent-Runner: https:\/\/github.com\/Octo-Org\/Demo\/actions\/runs\/77\n/,
    );
    // a clone of it is what the workspace is
    expect(git(at.folder, "status", "--porcelain")).not.toBe("");
    git(at.folder, "fetch", "--quiet", `file://${at.bare}`, "topic");
    git(at.folder, "add", "--all");
    expect(git(at.folder, "write-tree")).toBe(git(at.bare, "rev-parse", "topic^{tree}"));
  });

  it("leaves no copy of the bytes behind, made or not", async () => {
    for (const conclusion of ["success", "timeout"] as const) {
      const at = await scene();
      const { tree, patchPath } = at.work.changes ?? {};
      expect(existsSync(tree?.folder ?? "")).toBe(true);
      await hand({ ...at, work: { ...at.work, conclusion } }, "commit");
      expect(existsSync(tree?.folder ?? "")).toBe(false);
      expect(existsSync(patchPath ?? "")).toBe(true);
    }
  });

  it("a folder may become a file, and a file a folder", async () => {
    const at = await scene((folder) => {
      rmSync(join(folder, "d"), { recursive: true });
      write(folder, "d", "file\n");
      rmSync(join(folder, "same"));
      write(folder, "same/x", "x\n");
    });
    expect((await hand(at, "commit")).warnings).toEqual([]);
    expect(git(at.bare, "ls-tree", "-r", "--name-only", "topic").split("\n")).toContain("same/x");
    const trees = at.server.calls.filter(({ path }) => path.endsWith("/git/trees"));
    expect(trees).toHaveLength(2);
  });

  it("a branch that has moved on keeps what it has, found out before and at the last moment", async () => {
    const at = await scene();
    const moved = git(at.bare, "commit-tree", "-p", at.head, "-m", "x", `${at.head}^{tree}`).trim();
    git(at.bare, "update-ref", "refs/heads/topic", moved);
    const before = await hand(at, "commit");
    expect(before.warnings).toEqual([
      expect.stringMatching(/in the patch.*has moved on meanwhile/),
    ]);
    expect(before.outputs).toEqual({});
    expect(at.server.requests.some((one) => one.startsWith("POST"))).toBe(false);
    const late = await scene();
    const meanwhile = ["commit-tree", "-p", late.head, "-m", "x", `${late.head}^{tree}`];
    const other = git(late.bare, ...meanwhile).trim();
    git(late.bare, "update-ref", "refs/heads/topic", other);
    late.server.faults.set(`GET ${repo}/git/ref/*ref`, {
      body: { ref: "refs/heads/topic", object: { sha: late.head } },
    });
    const { warnings, said } = await hand(late, "commit");
    expect(warnings).toEqual([expect.stringMatching(/moved on.*not a fast forward/)]);
    expect(said).toMatch(/^The changes are in the patch/);
    expect(git(late.bare, "rev-parse", "topic").trim()).toBe(other);
  });

  it("a branch that was set back does not get what was taken away", async () => {
    const at = await scene();
    git(at.bare, "update-ref", "refs/heads/topic", `${at.head}^`);
    expect((await hand(at, "commit")).warnings).toEqual([expect.stringMatching(/has moved on/)]);
  });

  it.each([
    [
      `PATCH ${repo}/git/refs/*ref`,
      422,
      "Repository rule violations found\n\nChanges must be made through a pull request.",
      /`topic` is protected.*changes: pull-request/,
    ],
    [
      `PATCH ${repo}/git/refs/*ref`,
      409,
      "Protected branch update failed for refs/heads/topic.",
      /`topic` is protected/,
    ],
    [
      `POST ${repo}/git/blobs`,
      403,
      "Resource not accessible by integration",
      /needs `contents: write`/,
    ],
    [`POST ${repo}/git/blobs`, 403, "Repository was archived so is read-only.", /is archived/],
    [`POST ${repo}/git/trees`, 500, "Server Error", /GitHub answered 500/],
    [`GET ${repo}/git/ref/*ref`, 404, "Not Found", /`topic` is not there any more/],
    [
      `POST ${repo}/git/blobs`,
      403,
      "You have exceeded a secondary rate limit.",
      /run it again later/,
    ],
  ])("%s with %d ends in the patch and a sentence: %s", async (route, status, message, why) => {
    const at = await scene();
    at.server.faults.set(route, { status, body: { message } });
    const { outputs, warnings } = await hand(at, "commit");
    expect(warnings).toEqual([expect.stringMatching(/^the changes are in the patch/)]);
    expect(warnings[0]).toMatch(why);
    expect(outputs).toEqual({});
    expect(git(at.bare, "rev-parse", "topic").trim()).toBe(at.head);
  });

  it.each([
    [`POST ${repo}/git/trees`, { sha: "3".repeat(40) }, /not what was sent/],
    [`POST ${repo}/git/blobs`, { sha: "3".repeat(40) }, /not what was sent/],
    [`POST ${repo}/git/commits`, { html: "<>" }, /not understood/],
  ])("an answer of %s that is %j is not believed", async (route, body, why) => {
    const at = await scene();
    at.server.faults.set(route, { status: 201, body });
    expect((await hand(at, "commit")).warnings).toEqual([expect.stringMatching(why)]);
    expect(git(at.bare, "rev-parse", "topic").trim()).toBe(at.head);
  });

  it("where GitHub does not answer, or the step is cancelled, there is the patch", async () => {
    const at = await scene();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const cancelled = AbortSignal.timeout(100);
    const { warnings } = await hand({ ...at, server: { url } }, "commit", { cancelled });
    expect(warnings).toEqual([expect.stringMatching(/in the patch.*did not answer/)]);
  });
});

describe("a pull request from a branch of its own", () => {
  it("goes to the base of the head's, and the head stays", async () => {
    const at = await scene();
    const { outputs, said } = await hand(at, "pull-request");
    const branch = "agent/77";
    const sha = git(at.bare, "rev-parse", branch).trim();
    const url = "https://github.com/Octo-Org/Demo/pull/101";
    expect(outputs).toEqual({ "commit-sha": sha, branch, "pull-request-url": url });
    expect(said).toContain("[#101]");
    expect(git(at.bare, "rev-parse", "topic").trim()).toBe(at.head);
    expect(at.data.pulls).toEqual([
      expect.objectContaining({ head: branch, base: "main", title: "Agent: changes" }),
    ]);
  });

  it("is another one for another attempt, which the first one's stays beside", async () => {
    const at = await scene();
    await hand(at, "pull-request");
    const again = await changesBy(at.folder, () => write(at.folder, "again", "x\n"), process.env, {
      forCommit: true,
    });
    const work = { ...at.work, changes: again.changes };
    const { outputs, warnings } = await hand({ ...at, work }, "pull-request");
    expect(warnings).toEqual([]);
    expect(outputs.branch).toBe("agent/77-0123456789abcdef");
    expect(git(at.bare, "rev-parse", "agent/77").trim()).not.toBe(at.head);
  });

  it.each([
    [
      "GitHub Actions is not permitted to create or approve pull requests.",
      /Allow GitHub Actions to create and approve pull requests/,
    ],
    ["Resource not accessible by integration", /pull-requests: write/],
  ])("%s: the branch is there and said", async (message, why) => {
    const at = await scene();
    at.server.faults.set(`POST ${repo}/pulls`, { status: 403, body: { message } });
    const { outputs, warnings, said } = await hand(at, "pull-request");
    expect(outputs).toMatchObject({ branch: "agent/77" });
    expect(outputs).not.toHaveProperty("pull-request-url");
    expect(warnings).toEqual([expect.stringMatching(why)]);
    expect(warnings[0]).toContain("`agent/77`");
    expect(said).toContain("/compare/main...agent%2F77?expand=1");
  });
});

describe("nothing is asked of GitHub", () => {
  it("where a secret of this run stands in a file or its name", async () => {
    const secrets = ["sk-live-0123456789"];
    const inFile = await scene((folder) => write(folder, "log", `key: ${secrets[0]}\n`));
    const inName = await scene((folder) => write(folder, `${secrets[0]}.txt`, "x\n"));
    for (const at of [inFile, inName]) {
      const { warnings, said } = await hand(at, "commit", { secrets });
      expect(warnings).toEqual([
        expect.stringMatching(/in the patch.*a secret of this run stands in/),
      ]);
      expect(said).not.toContain(secrets[0]);
      expect(at.server.requests).toEqual([]);
    }
  });

  it.each(["none", "patch"])("for `changes: %s`", async (changes) => {
    const at = await scene();
    expect(await hand(at, changes)).toEqual({ outputs: {}, warnings: [], said: undefined });
    expect(at.server.requests).toEqual([]);
  });

  it("after a failure, on a fork, without a token, or for a name that is no text", async () => {
    const fork = ({ pull }: HandsWork) => ({ pull: pull && { ...pull, isFork: true } });
    const others: [(work: HandsWork) => Partial<HandsWork>, Record<string, string>, RegExp][] = [
      [() => ({ conclusion: "timeout" }), {}, /`timeout`/],
      [fork, {}, /fork/],
      [() => ({}), { "github-token": "" }, /no `github-token`/],
    ];
    for (const [more, inputs, why] of others) {
      const at = await scene();
      const work = { ...at.work, ...more(at.work) };
      const done = await hand({ ...at, work }, "commit", { inputs });
      expect(done.warnings).toEqual([expect.stringMatching(why)]);
      expect(at.server.requests).toEqual([]);
    }
    const odd = await scene((folder) => {
      symlinkSync("x", Buffer.from(`${folder}/\xff`, "latin1"));
    });
    expect((await hand(odd, "commit")).warnings).toEqual([expect.stringMatching(/no text/)]);
    expect(odd.server.requests).toEqual([]);
  });
});
