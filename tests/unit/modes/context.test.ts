import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { type ContextQuestion, collectContext } from "../../../src/modes/context.ts";
import type { ChecksState } from "../../harness/github/checks.ts";
import { apiWith, commit, denied } from "../github/checks-support.ts";

const secret = "sk-live-0123456789abcdef";

const state: Partial<ChecksState> = {
  checkRuns: [
    {
      ...{ id: 1, name: "test", status: "completed", conclusion: "failure" },
      output: { title: `it used ${secret}`, summary: null },
    },
  ],
  runs: [
    {
      ...{ id: 5, workflow_id: 1, event: "push", status: "completed", conclusion: "failure" },
      jobs: [
        { id: 51, name: "../test", conclusion: "failure", log: `first\nkey ${secret}\n` },
        { id: 52, name: "test", conclusion: "failure", log: "expired" },
        {
          id: 53,
          name: "test",
          conclusion: "failure",
          log: "x".repeat(99).concat("\n").repeat(900),
        },
      ],
    },
  ],
};

async function collected(names: string[], more: Partial<ContextQuestion> = {}) {
  const { api, server } = await apiWith(state);
  const question = {
    ...{ api, names, commit, providers: {}, signal: new AbortController().signal },
    redact: createRedactor([secret]).redact,
  };
  const ask = async () => {
    const { files, warnings } = await collectContext({ ...question, ...more });
    return { warnings, files: new Map([...files].map(([name, file]) => [name, file.toString()])) };
  };
  return { ask, server };
}

describe("the context", () => {
  it("has what is asked for, and asks GitHub for nothing else", async () => {
    const { ask, server } = await collected(["thread", "diff"], {
      providers: {
        diff: async () => ({ name: "diff.patch", text: "diff --git" }),
        thread: async () => ({ name: "thread.md", text: `hello ${secret}`, cut: "the last two" }),
      },
    });
    const { files, warnings } = await ask();
    expect(warnings).toEqual([]);
    expect([...files.keys()]).toEqual(["diff.patch", "thread.md"]);
    expect(files.get("thread.md")).toMatch(/Not all of it is here: the last two\nhello \*\*\*$/);
    expect(server.requests).toEqual([]);
  });

  it("has the checks, and the ends of failed jobs' logs, without our secrets", async () => {
    const { ask } = await collected(["checks", "logs"]);
    const { files, warnings } = await ask();
    expect([...files.keys()]).toEqual(["checks.md", "logs/test.log", "logs/test-2.log"]);
    expect(files.get("checks.md")).toContain("## test: failure");
    expect(files.get("logs/test.log")).toMatch(
      /\njob: \.\.\/test\nworkflow: CI\nconclusion: failure\n\nfirst\nkey \*\*\*\n$/,
    );
    expect(files.get("logs/test-2.log")).toMatch(
      /Not all of it is here: of the log only the last 64 KB\n/,
    );
    expect([...files.values()].join()).not.toContain(secret);
    expect(warnings).toEqual([
      expect.stringMatching(/^context: the log of test is not there any more/),
    ]);
  });

  it("goes on without what cannot be had, and says what that is", async () => {
    const { ask, server } = await collected(["diff", "thread", "checks", "logs"], {
      providers: { thread: async () => "The thread cannot be read: GitHub answered 500." },
    });
    server.faults.set("GET /repos/:owner/:repo/commits/:ref/check-runs", denied);
    server.faults.set("GET /repos/:owner/:repo/actions/runs", denied);
    const { files, warnings } = await ask();
    expect([...files.keys()]).toEqual([]);
    expect(warnings).toEqual([
      "context: there is no pull request, and so no `diff`",
      "context: The thread cannot be read: GitHub answered 500.",
      expect.stringMatching(/`checks: read`$/),
      expect.stringMatching(/`actions: read`$/),
    ]);
  });

  it("of a `workflow_run` event is of its run", async () => {
    const { ask, server } = await collected(["logs"], { run: 5 });
    await ask();
    expect(server.requests[0]).toBe("GET /repos/Octo-Org/Demo/actions/runs/5/jobs");
  });
});
