import { describe, expect, it } from "vitest";
import { type AnswerState, answerMark, readAnswerMark } from "../../../src/github/answer-mark.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { type Answering, answerTo } from "../../../src/modes/answer.ts";
import type { AnswerWorld } from "../../../src/modes/answer-page.ts";
import { endKilledAnswer } from "../../../src/modes/killed-answer.ts";
import type { PostState } from "../../../src/modes/post-state.ts";
import { Cancelled } from "../../../src/modes/runtime.ts";
import type { Ask } from "../../../src/policy/ask.ts";
import type { Told } from "../../../src/report/comment.ts";
import type { Issue, IssueComment } from "../../harness/github/state.ts";
import { fakeLog } from "../fakes.ts";
import { type ThreadOfTest, threadOfTest } from "../github/thread.ts";

const now = Date.parse("2026-11-28T20:00:00Z");
const hour = 60 * 60 * 1000;
const iso = (ms: number) => new Date(ms).toISOString();

const ask: Ask = {
  asked: { kind: "issue-comment", id: 1 },
  by: "octocat",
  number: 7,
  isPullRequest: true,
  question: "why?",
  text: "/agent why?",
  at: "2026-11-28T19:59:00Z",
  head: undefined,
  url: "https://github.com/Octo-Org/Demo/pull/7#issuecomment-1",
};
const pull = {
  head: { sha: "a".repeat(40), ref: "topic", repository: "Octo-Org/Demo" },
  movedTo: undefined,
};
const success = { conclusion: "success", failure: undefined, exitCode: 0 } as const;
const told: Told = { ...success, agent: { message: "Because." } };

interface Setting {
  readonly ask?: Partial<Ask>;
  readonly settings?: AnswerWorld["settings"];
  readonly environment?: NodeJS.ProcessEnv;
  readonly cancelled?: AbortSignal;
}

/** A run that somebody has asked for. */
function runOn(
  github: ThreadOfTest,
  { ask: more, settings, environment, cancelled }: Setting = {},
) {
  const log = fakeLog();
  const state: PostState = {};
  const answer = answerTo(
    { ...ask, ...more },
    {
      settings: { "github-token": "ghs_x", agent: "claude", ...settings },
      environment: {
        GITHUB_API_URL: github.url,
        GITHUB_SERVER_URL: "https://github.com",
        GITHUB_REPOSITORY: "Octo-Org/Demo",
        GITHUB_RUN_ID: "100",
        GITHUB_RUN_ATTEMPT: "1",
        GITHUB_JOB: "agent",
        ...environment,
      },
      log,
      redactor: createRedactor(["s3cr3t-value"]),
      cancelled: cancelled ?? new AbortController().signal,
      remember: (more) => void Object.assign(state, more),
      now: () => now,
    },
  );
  return { answer, state, log: log.lines };
}

const standIn = () => threadOfTest({ now: () => now });
const limited = { "max-runs-per-day": { person: 2, all: undefined } };
const bodies = ({ thread }: ThreadOfTest) => thread.comments.map(({ body }) => body);
const states = ({ thread }: ThreadOfTest) =>
  [...thread.comments, ...thread.reviewComments].map(({ body }) => readAnswerMark(body)?.state);

/** An answer of another run. */
function other(
  github: ThreadOfTest,
  id: number,
  {
    state = "working",
    run = String(id),
    hoursAgo = 1,
    by = "octocat",
    ...more
  }: Partial<Omit<IssueComment, "id">> & {
    state?: AnswerState;
    run?: string;
    hoursAgo?: number;
    by?: string;
  } = {},
) {
  const mark = { run, attempt: 1, step: "agent-1", asked: "issue-comment-9", by, state };
  const at = iso(now - hoursAgo * hour);
  return github.comment({
    ...{ id, body: `${answerMark(mark)}\n\nx`, created_at: at, updated_at: at },
    ...more,
  });
}

describe("an answer", () => {
  it("says that work goes on, and is then the answer itself", async () => {
    const github = await standIn();
    const { answer, state, log } = runOn(github);
    expect(await answer.begin(pull)).toBeUndefined();
    expect(bodies(github)).toEqual([
      expect.stringMatching(
        /^<!-- agent-runner: answer run=100 attempt=1 .* by=octocat state=working -->\n\n> \*\*octocat\*\* \[asked:\].*\n>\n> why\?\n\n\*\*Working on it\*\*, at <code>aaaaaaa<\/code>/,
      ),
    ]);
    expect(state.answer).toMatchObject({ kind: "comment", id: github.thread.comments[0]?.id });
    await answer.finish(told, 1000, { agent: "codex" });
    expect(bodies(github)).toEqual([
      expect.stringMatching(
        /state=done -->\n\n> \*\*octo[\s\S]*\n\nBecause\.\n\n---\n<sub>ran: codex, /,
      ),
    ]);
    expect(state.answer).toBeNull();
    expect(log).toEqual([]);
  });

  it("stands in the thread of a review comment, without the question", async () => {
    const github = await standIn();
    github.reviewComment({ id: 51, user: { login: "octocat", type: "User" } });
    const { answer, state } = runOn(github, { ask: { asked: { kind: "review-comment", id: 51 } } });
    await answer.begin(pull);
    expect(state.answer).toMatchObject({ kind: "reply" });
    await answer.finish(told, 1000);
    expect(github.thread.comments).toEqual([]);
    expect(github.thread.reviewComments.at(-1)).toMatchObject({
      in_reply_to_id: 51,
      body: expect.stringMatching(/^<!-- .* state=done -->\n\nBecause\.\n\n---/),
    });
  });

  it("of a further attempt is the same one, also days later", async () => {
    const github = await standIn();
    const first = runOn(github);
    await first.answer.begin(pull);
    await first.answer.finish({ ...success, conclusion: "failure", failure: { message: "no" } }, 1);
    for (const comment of github.thread.comments) comment.updated_at = iso(now - 80 * hour);
    const environment = { GITHUB_RUN_ATTEMPT: "2" };
    const again = runOn(github, { environment });
    expect(await again.answer.begin(pull)).toBeUndefined();
    expect(states(github)).toEqual(["working"]);
    await again.answer.finish(told, 1000);
    expect(bodies(github)).toEqual([expect.stringMatching(/attempt=2 [\s\S]*Because\./)]);
    const last = runOn(github, { environment: { GITHUB_RUN_ATTEMPT: "3" } });
    await last.answer.refuse("it is over");
    expect(states(github)).toEqual(["refused"]);
  });

  it("of another step of the run is another one, and no rival", async () => {
    const github = await standIn();
    github.writing.runs.set("100", "in_progress");
    for (const agent of ["claude", "codex"] as const) {
      const { answer } = runOn(github, { settings: { agent } });
      expect(await answer.begin(pull)).toBeUndefined();
    }
    expect(states(github)).toEqual(["working", "working"]);
  });

  it("that somebody has deleted is written again", async () => {
    const github = await standIn();
    const { answer } = runOn(github);
    await answer.begin(pull);
    github.thread.comments.length = 0;
    await answer.finish(told, 1000);
    expect(states(github)).toEqual(["done"]);
  });

  it("has no secret in it, whoever said it", async () => {
    const github = await standIn();
    const secret = "a s3cr3t-value";
    const { answer } = runOn(github, { ask: { question: secret } });
    await answer.begin(pull);
    await answer.finish(
      { ...told, failure: { message: secret }, agent: { message: secret }, handedOver: secret },
      1000,
    );
    expect(bodies(github)[0]?.match(/a (?:\*\*\*|(?:&#42;){3})/g)).toHaveLength(4);
    expect(bodies(github)[0]).not.toContain("s3cr3t");
  });

  it.each([false, "sticky"] as const)("is none with `comment: %s`", async (comment) => {
    const github = await standIn();
    const { answer, log } = runOn(github, { settings: { comment } });
    expect(await answer.begin(pull)).toBeUndefined();
    await answer.refuse("no");
    await answer.finish(told, 1);
    expect([github.requests, log]).toEqual([[], []]);
  });
});

it("what failed before it was begun is told, and counts as little as a refusal", async () => {
  const github = await standIn();
  const { answer } = runOn(github);
  const failure = { message: "GitHub does not know pull request 7" };
  await answer.finish({ conclusion: "failure", failure }, 0);
  expect(states(github)).toEqual(["refused"]);
  expect(bodies(github)[0]).toMatch(/Agent Runner: failure\*\*\n\n<code>GitHub does not know/);
});

describe("a refusal", () => {
  it("is a reply of one sentence", async () => {
    const github = await standIn();
    const { answer, state } = runOn(github, { ask: { by: "mallory" } });
    await answer.refuse("mallory has the permission `read` here");
    expect(bodies(github)).toEqual([
      expect.stringMatching(
        /by=mallory state=refused -->\n\n> \*\*mallory\*\*[\s\S]*\*\*Nothing was started:\*\* mallory has the permission <code>read<\/code> here\./,
      ),
    ]);
    expect(state.answer).toBeNull();
  });

  it("comes once for a question, whatever run gives it", async () => {
    const github = await standIn();
    await runOn(github).answer.refuse("no");
    const { answer, log } = runOn(github, { environment: { GITHUB_RUN_ID: "101" } });
    await answer.refuse("no");
    expect(states(github)).toEqual(["refused"]);
    expect(log).toEqual([expect.stringMatching(/^info: this question has its reply.* run 100$/)]);
    const next = { ask: { asked: { kind: "issue-comment", id: 2 } }, environment: {} } as const;
    await runOn(github, { ...next, environment: { GITHUB_RUN_ID: "102" } }).answer.refuse("no");
    expect(states(github)).toEqual(["refused", "refused"]);
  });

  it.each(["issue", "pull-request"] as const)("comes once for the text of: %s", async (kind) => {
    const github = await standIn();
    const asked = { ask: { asked: { kind } } };
    await runOn(github, asked).answer.refuse("no");
    await runOn(github, { ...asked, environment: { GITHUB_RUN_ID: "101" } }).answer.refuse("no");
    expect(states(github)).toEqual(["refused"]);
  });

  it("comes each time for a label, which can be set again", async () => {
    const github = await standIn();
    const asked = { ask: { asked: { kind: "label", name: "agent" } } } as const;
    await runOn(github, asked).answer.refuse("no");
    await runOn(github, { ...asked, environment: { GITHUB_RUN_ID: "101" } }).answer.refuse("no");
    expect(states(github)).toEqual(["refused", "refused"]);
  });

  it("takes the place of what was begun", async () => {
    const github = await standIn();
    const { answer, state } = runOn(github);
    await answer.begin(pull);
    await answer.refuse("it was edited");
    expect(states(github)).toEqual(["refused"]);
    expect(state.answer).toBeNull();
  });
});

describe("the limits", () => {
  it("refuse who has asked too often, with a sentence, and start nothing", async () => {
    const github = await standIn();
    other(github, 11, { state: "done" });
    other(github, 12, { state: "done", issue: 8, by: "OctoCat" });
    const { answer } = runOn(github, { settings: limited });
    expect(await answer.begin(pull)).toMatch(/^octocat has asked 2 times within 24 hours/);
    expect(states(github)).toEqual(["done", "done", "refused"]);
    const monalisa = { by: "monalisa" };
    expect(await runOn(github, { settings: limited, ask: monalisa }).answer.begin(pull)).toBe(
      undefined,
    );
  });

  it("refuse while another run is at work there, and link it", async () => {
    const github = await standIn();
    other(github, 11);
    github.writing.runs.set("11", "in_progress");
    expect(await runOn(github).answer.begin(pull)).toMatch(/^run 11 is answering .* pull request/);
    expect(bodies(github)[1]).toMatch(/\[its answer\]\(https:[^)]*issuecomment-11\)/);
    expect(states(github)).toEqual(["working", "refused"]);
  });

  it.each([
    ["whose run has ended", { issue: 7 }, "completed"],
    ["elsewhere", { issue: 8 }, "in_progress"],
    ["that ended", { state: "done" as const }, "in_progress"],
    ["that somebody else wrote", { user: { login: "x", type: "User" } as const }, "in_progress"],
    ["of yesterday", { hoursAgo: 30 }, "in_progress"],
    ["of hours ago, of which nobody knows", { hoursAgo: 7 }, undefined],
  ])("let one begin beside an answer %s", async (_, more, status) => {
    const github = await standIn();
    other(github, 11, more);
    if (status !== undefined) github.writing.runs.set("11", status);
    expect(await runOn(github).answer.begin(pull)).toBeUndefined();
  });

  it("take a young answer for one of a run that goes on, where GitHub does not say", async () => {
    const github = await standIn();
    other(github, 11, { hoursAgo: 5 });
    expect(await runOn(github).answer.begin(pull)).toMatch(/^run 11 is answering/);
  });

  it("let the first of two win that begin at the same moment", async () => {
    const github = await standIn();
    github.writing.runs.set("99", "in_progress").set("101", "in_progress");
    // what the other run writes between our look and our answer
    const route = "POST /repos/:owner/:repo/issues/:number/comments";
    const body = { id: 50, created_at: iso(now) };
    const first = (id: number, run: string) => {
      github.faults.set(route, () => {
        github.comment({ id: 50, body: answerMark({ ...mine, run: "100" }) });
        other(github, id, { run, hoursAgo: 0 });
        return { status: 201, body };
      });
    };
    const mine = {
      attempt: 1,
      step: "x",
      asked: "issue",
      by: "octocat",
      state: "working" as const,
    };
    first(51, "101");
    expect(await runOn(github).answer.begin(pull)).toBeUndefined();
    github.thread.comments.length = 0;
    first(49, "99");
    const { answer, state } = runOn(github);
    expect(await answer.begin(pull)).toMatch(/^run 99 is answering/);
    expect(github.thread.comments.find(({ id }) => id === 50)?.body).toMatch(/state=refused/);
    expect(state.answer).toBeNull();
  });

  it("let one of two begin that ask at the same time, whoever is faster", async () => {
    const github = await standIn();
    const runs = ["101", "102", "103"];
    for (const run of runs) github.writing.runs.set(run, "in_progress");
    const said = await Promise.all(
      runs.map((run) => runOn(github, { environment: { GITHUB_RUN_ID: run } }).answer.begin(pull)),
    );
    expect(said.filter((why) => why === undefined)).toHaveLength(1);
    expect(states(github).toSorted()).toEqual(["refused", "refused", "working"]);
  });

  it("hold for who asks everywhere at the same time, too", async () => {
    const github = await standIn();
    for (let number = 20; number < 26; number += 1) {
      github.thread.issues.set(number, { ...github.thread.issues.get(8), title: "x" } as Issue);
    }
    const said = await Promise.all(
      [...github.thread.issues.keys()].map((number) => {
        const environment = { GITHUB_RUN_ID: `${100 + number}` };
        const at = { number, isPullRequest: number === 7 };
        return runOn(github, { settings: limited, environment, ask: at }).answer.begin(undefined);
      }),
    );
    expect(said.filter((why) => why === undefined)).toHaveLength(2);
    expect(states(github).filter((state) => state === "working")).toHaveLength(2);
  });

  const unreadable = "GET /repos/:owner/:repo/issues/comments";
  const fault = { status: 403, body: { message: "not accessible" } };

  it("refuse where it cannot be counted", async () => {
    const github = await standIn();
    github.faults.set(unreadable, fault);
    const { answer } = runOn(github, { settings: limited });
    expect(await answer.begin(pull)).toMatch(
      /^`max-runs-per-day` could not be counted: not accessible.*pull-requests: write/,
    );
    expect(states(github)).toEqual(["refused"]);
  });

  it("refuse where the run could not be counted later", async () => {
    const github = await standIn();
    github.faults.set("POST /repos/:owner/:repo/issues/:number/comments", fault);
    const { answer, log } = runOn(github, { settings: limited });
    expect(await answer.begin(pull)).toMatch(/^the run could not be noted .* not accessible/);
    expect(log).toEqual([expect.stringMatching(/^warning: the answer could not be written/)]);
  });
});

describe("an answer that cannot be written", () => {
  it.each([
    [true, "pull-requests: write"],
    [false, "issues: write"],
  ])("is one warning with the permission, at a pull request: %s", async (isPullRequest, words) => {
    const github = await standIn();
    const fault = { status: 403, body: { message: "Resource not accessible by integration" } };
    github.faults.set("POST /repos/:owner/:repo/issues/:number/comments", fault);
    const number = isPullRequest ? 7 : 8;
    const { answer, log, state } = runOn(github, { ask: { isPullRequest, number } });
    expect(await answer.begin(isPullRequest ? pull : undefined)).toBeUndefined();
    await answer.finish(told, 1);
    expect(log).toEqual([
      expect.stringMatching(
        new RegExp(`^warning: the answer could not be written: Resource not .*\`${words}\``),
      ),
    ]);
    expect(state.answer).toBeUndefined();
  });

  it("at the beginning comes at the end, where that works", async () => {
    const github = await standIn();
    const route = "POST /repos/:owner/:repo/issues/:number/comments";
    github.faults.set(route, { status: 502, body: { message: "Bad gateway" } });
    const { answer, log } = runOn(github);
    await answer.begin(pull);
    github.faults.delete(route);
    await answer.finish(told, 1);
    expect(states(github)).toEqual(["done"]);
    expect(log).toEqual([expect.stringMatching(/Bad gateway/)]);
  });

  it("where there is no token is told", async () => {
    const github = await standIn();
    const { GITHUB_REPOSITORY: _, ...settings } = {
      GITHUB_REPOSITORY: "",
      agent: "claude",
    } as const;
    const { answer, log } = runOn(github, { settings, environment: { GITHUB_REPOSITORY: "" } });
    await answer.refuse("no");
    expect(log).toEqual([expect.stringMatching(/`GITHUB_REPOSITORY` is not set$/)]);
  });

  it("where GitHub's words are not understood is told in ours", async () => {
    const github = await standIn();
    github.faults.set("POST /graphql", { body: { errors: [] } });
    const { answer, log } = runOn(github);
    await answer.refuse("no");
    expect(log).toEqual([expect.stringMatching(/: GitHub's answer is not understood$/)]);
  });
});

describe("a cancel", () => {
  const given = async (work: (answer: Answering, cancel: () => void) => Promise<void>) => {
    const github = await standIn();
    const cancelled = new AbortController();
    const { answer } = runOn(github, { cancelled: cancelled.signal });
    await work(answer, () => cancelled.abort());
    return bodies(github);
  };

  it("is said in the answer", async () => {
    const [body] = await given(async (answer, cancel) => {
      await answer.begin(pull);
      cancel();
      const failure = { message: "the task was cancelled" };
      await answer.finish({ conclusion: "cancelled", failure, exitCode: 130 }, 1);
    });
    expect(body).toMatch(/state=done[\s\S]*\*\*Agent Runner: cancelled\*\*\n\n<code>the task was/);
  });

  it("starts nothing", async () => {
    const said = await given(async (answer, cancel) => {
      cancel();
      await expect(answer.begin(pull)).rejects.toThrow(Cancelled);
    });
    expect(said).toEqual([]);
  });
});

describe("the answer of a main process that was killed", () => {
  async function killed() {
    const github = await standIn();
    const { answer, state } = runOn(github);
    await answer.begin(pull);
    const environment = { GITHUB_REPOSITORY: "Octo-Org/Demo", GITHUB_API_URL: github.url };
    const log = fakeLog();
    const post = (more: PostState = {}, token: string | undefined = "ghs_x") =>
      endKilledAnswer({ ...state, ...more }, token, environment, log);
    return { github, post, log };
  }

  it("is ended by post, with the question still there", async () => {
    const { github, post, log } = await killed();
    await post();
    expect(bodies(github)).toEqual([
      expect.stringMatching(
        /state=done -->\n\n> \*\*octocat[\s\S]*The run was ended before it could/,
      ),
    ]);
    expect(log.lines).toEqual([]);
  });

  it.each([
    ["main has ended", { ended: true }],
    ["it has been given", { answer: null }],
  ])("stays as it is where %s", async (_, state) => {
    const { github, post } = await killed();
    const before = bodies(github);
    await post(state);
    expect(bodies(github)).toEqual(before);
  });

  it("is a warning where it cannot be edited", async () => {
    const { github, post, log } = await killed();
    const fault = { status: 403, body: { message: "no" } };
    github.faults.set("PATCH /repos/:owner/:repo/issues/comments/:id", fault);
    await post();
    expect(log.lines).toEqual([expect.stringMatching(/^warning: .*could not be edited: no/)]);
  });
});
