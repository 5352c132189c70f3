import { expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { questionOf } from "../../../src/modes/question.ts";
import type { Runtime } from "../../../src/modes/runtime.ts";
import { noWork } from "../../../src/modes/work.ts";
import { pullRoutes } from "../../harness/github/pulls.ts";
import { gitHubOfTest } from "../../harness/github/server.ts";
import { newThread } from "../../harness/github/state.ts";
import { load } from "../settings/workspace.ts";

const [head, base, later] = ["1", "2", "3"].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
];
const at = "2026-11-01T10:00:00Z";
const run = {
  name: "workflow_run",
  payload: {
    workflow_run: { id: 9, event: "pull_request", head_sha: head, pull_requests: [{ number: 7 }] },
  },
};

/** A pull request whose branch has gone on since the event. */
async function asked(inputs: Record<string, string>, event: Runtime["event"], diff?: string) {
  const thread = newThread();
  const user = { login: "octocat", type: "User" } as const;
  thread.issues.set(7, {
    ...{ title: "Open it", body: null, user, created_at: at, updated_at: at },
    ...{ state: "open", labels: [], pull_request: { url: "x" } },
  });
  const repo = { id: 1, full_name: "o/r", pushed_at: at };
  thread.pulls.set(7, {
    head: { ref: "topic", sha: later, repo },
    base: { ref: "main", sha: base, repo },
  });
  if (diff !== undefined) thread.comparisons.set(`${base}...${head}`, { diff, files: [] });
  const server = await gitHubOfTest(pullRoutes(thread));
  const job = await load({ inputs: { agent: "claude", "github-token": "x", ...inputs } });
  const runtime = {
    ...{ event, cancelled: new AbortController().signal, timeline: createTimeline() },
    redactor: createRedactor(),
    environment: { GITHUB_API_URL: server.url, GITHUB_REPOSITORY: "o/r" },
  } as unknown as Runtime;
  const { prompt, files, warnings } = await questionOf(job, noWork, runtime);
  return { prompt: prompt?.toString() ?? "", files: [...files.keys()], warnings, server };
}

const diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n";

it("what the context wants of a pull request is that of the run's, at the run's commit", async () => {
  const { prompt, files, warnings } = await asked(
    { prompt: "mend it", context: "diff, thread" },
    run,
    diff,
  );
  expect(warnings).toEqual([]);
  expect(files).toEqual(["diff.patch", "thread.md"]);
  expect(prompt).toContain(`It is about the commit ${head}`);
});

it("who wants nothing of it does not have it read", async () => {
  const { prompt, server } = await asked({ prompt: "mend it", context: "checks" }, run);
  expect(prompt).not.toContain("pull request #7");
  expect(server.requests.filter((one) => one.includes("/pulls/"))).toEqual([]);
});

it("a review without a prompt is asked for by us, and not by the description", async () => {
  const pull_request = { number: 7, head: { sha: head }, base: { sha: base } };
  const event = { name: "pull_request", payload: { pull_request } };
  const { prompt } = await asked({ review: "true" }, event, diff);
  expect(prompt).toMatch(/^Review the changes/);
  expect(prompt).toContain("do what is said above");
  expect(prompt).not.toContain("description ask for");
});

it("what the prompt lacks of it is told once, with a context and without", async () => {
  const pull_request = { number: 7, head: { sha: head }, base: { sha: base } };
  const event = { name: "pull_request", payload: { pull_request } };
  for (const inputs of [{}, { context: "diff" }]) {
    const { prompt, warnings } = await asked({ review: "true", ...inputs }, event);
    expect(prompt).toContain("It is not here: ");
    expect(warnings).toEqual([expect.stringMatching(/diff.*cannot be read: GitHub answered 404/i)]);
  }
});
