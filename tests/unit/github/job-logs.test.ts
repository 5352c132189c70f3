import { describe, expect, it } from "vitest";
import { failedJobs, runOfEvent } from "../../../src/github/failed-jobs.ts";
import { endOfLog, mostKept } from "../../../src/github/job-logs.ts";
import type { JobOf, Manner, RunOf } from "../../harness/github/checks.ts";
import { apiWith, commit, denied } from "./checks-support.ts";

const job = (id: number, more: Partial<JobOf> = {}): JobOf => ({
  ...{ id, name: `job ${id}`, conclusion: "failure" },
  ...more,
});
const run = (id: number, jobs: readonly JobOf[], more: Partial<RunOf> = {}): RunOf => ({
  ...{ id, workflow_id: id, event: "push", status: "completed", conclusion: "failure", jobs },
  ...more,
});
const never = new AbortController().signal;

describe("the failed jobs", () => {
  it("are those of a commit's newest runs, with the steps that failed", async () => {
    const steps = [
      { name: "build", conclusion: "success" },
      { name: "test", conclusion: "failure" },
    ];
    const { api, server } = await apiWith({
      runs: [
        run(5, [job(51, { conclusion: "success" }), job(52, { steps })]),
        run(4, [job(41)], { workflow_id: 5 }), // an older one of the same workflow
        run(3, [job(31)], { conclusion: "success" }),
        run(2, [job(21), job(22, { conclusion: null })], {
          status: "in_progress",
          conclusion: null,
        }),
      ],
    });
    const found = await failedJobs(api, commit, undefined);
    expect(found).toEqual({
      jobs: [
        { id: 52, name: "job 52", workflow: "CI", conclusion: "failure", steps: ["test"] },
        { id: 21, name: "job 21", workflow: "CI", conclusion: "failure", steps: [] },
      ],
      leftOut: [],
      warnings: [],
    });
    expect(server.calls[0]?.query.get("head_sha")).toBe(commit);
    expect(server.calls[1]?.query.get("filter")).toBe("latest");
  });

  it("of a `workflow_run` event are those of its run, and of no other", async () => {
    const { api, server } = await apiWith({
      runs: [run(5, [job(51)]), run(6, [job(61), job(62, { head_sha: "b".repeat(40) })])],
    });
    const { jobs, warnings } = await failedJobs(api, commit, 6);
    expect(jobs.map(({ id }) => id)).toEqual([61]);
    expect(warnings).toEqual(["1 jobs of run 6 are left out: they are of another commit"]);
    expect(server.requests).toEqual(["GET /repos/Octo-Org/Demo/actions/runs/6/jobs"]);
  });

  it("are bounded, and what is left out is said", async () => {
    const jobs = Array.from({ length: 150 }, (_, index) => job(1000 + index));
    const { api } = await apiWith({
      runs: Array.from({ length: 12 }, (_, at) => run(at + 1, at === 0 ? jobs : [])),
    });
    const found = await failedJobs(api, commit, undefined);
    expect(found.jobs).toHaveLength(10);
    expect(found.leftOut).toEqual([
      "12 runs failed; only the newest 10 were looked into",
      "more than 10 jobs failed; the logs of the first 10 are here",
    ]);
  });

  it("that may not be read are a warning with the permission", async () => {
    const { api, server } = await apiWith({});
    server.faults.set("GET /repos/:owner/:repo/actions/runs", denied);
    expect((await failedJobs(api, commit, undefined)).warnings).toEqual([
      expect.stringMatching(/^the workflow runs could not be read: .*`actions: read`$/),
    ]);
    server.faults.set("GET /repos/:owner/:repo/actions/runs/:id/jobs", denied);
    expect((await failedJobs(api, commit, 9)).warnings).toEqual([
      expect.stringMatching(/^the jobs of run 9 could not be read: .*`actions: read`$/),
    ]);
  });

  it("have their run's number and commit from the payload", () => {
    const payload = { workflow_run: { id: 12, head_sha: commit } };
    expect(runOfEvent({ name: "workflow_run", payload })).toEqual({ id: 12, commit });
    expect(runOfEvent({ name: "push", payload })).toBeUndefined();
  });

  it.each([
    [{ workflow_run: { id: "12/../../x", head_sha: commit } }],
    [{ workflow_run: { id: -1, head_sha: commit } }],
    [{ workflow_run: { id: 1.5, head_sha: commit } }],
    [{ workflow_run: { id: 12, head_sha: "main" } }],
    [null],
  ])("are nobody's where the payload is none (%j)", (payload) => {
    expect(runOfEvent({ name: "workflow_run", payload })).toBeUndefined();
  });
});

/** The end of one job's log. */
async function logOf(log: string | undefined, manner: Manner = "plain", signal = never) {
  const one = log === undefined ? job(7) : job(7, { log });
  const { api, storage, server } = await apiWith({ runs: [run(1, [one])] }, manner);
  const found = (await failedJobs(api, commit, undefined)).jobs[0];
  if (found === undefined) throw new Error("no job failed");
  return { end: await endOfLog(api, found, signal), storage, server };
}

const stamped = "\uFEFF2026-11-28T20:12:11.1234567Z \u001B[31mError\u001B[0m: no\r\n";

describe("the end of a log", () => {
  // that no login goes where logs lie is the storage's own test
  it.each<Manner>(["plain", "gzip"])(
    "is text without colours, as it is handed out %s",
    async (manner) => {
      const { end, server } = await logOf(`${stamped}last\n`, manner);
      expect(end).toEqual({ text: "20:12:11 Error: no\nlast\n", cut: false });
      expect([...server.tokens]).toEqual(["token ghs_secret"]);
    },
  );

  const line = `${"x".repeat(99)}\n`;

  it.each<Manner>(["plain", "gzip"])("is whole lines of a long one, %s", async (manner) => {
    const { end } = await logOf(`${line.repeat(5_000)}the end\n`, manner);
    if (typeof end === "string") throw new Error(end);
    expect(end.cut).toBe(true);
    expect(end.text.length).toBeGreaterThan(mostKept - 200);
    expect(end.text.length).toBeLessThanOrEqual(mostKept);
    expect(end.text.startsWith(line)).toBe(true);
    expect(end.text.endsWith("\nthe end\n")).toBe(true);
  });

  it("is asked for alone where the log is large", async () => {
    const { end, storage } = await logOf(`${line.repeat(60_000)}the end\n`);
    expect(end).toMatchObject({
      cut: true,
      text: expect.stringMatching(/^x{99}\n[\s\S]*\nthe end\n$/),
    });
    expect(storage.ranges).toEqual(["", `bytes=${6_000_008 - mostKept}-6000007`]);
  });

  it.each([
    ["expired", /^the log of job 7 is not there any more: GitHub keeps logs for a time only$/],
    [undefined, /^the log of job 7 could not be read: GitHub answered 404 .*`actions: read`$/],
  ])("of one that is gone (%s) is a sentence", async (log, says) => {
    expect((await logOf(log)).end).toMatch(says);
  });

  it.each<Manner>(["silent", "stalls"])(
    "of one that does not come (%s) is a sentence, in time",
    async (manner) => {
      const began = performance.now();
      const { end } = await logOf("half", manner, AbortSignal.timeout(300));
      expect(end).toBe("the log of job 7 could not be read: it did not come in time");
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );

  it.each([[undefined], ["http://example.org/logs/7?sig=x"], ["file:///etc/passwd"], ["/logs/7"]])(
    "is not looked for at %s",
    async (location) => {
      const { api, server } = await apiWith({});
      const headers = location === undefined ? {} : { location };
      server.faults.set("GET /repos/:owner/:repo/actions/jobs/:id/logs", { status: 302, headers });
      const failed = { id: 7, name: "a", workflow: "", conclusion: "failure", steps: [] };
      expect(await endOfLog(api, failed, never)).toBe(
        "the log of a could not be read: GitHub did not say where it is",
      );
    },
  );

  it("of an address that is refused is told without its signature", async () => {
    const { api, server, storage } = await apiWith({});
    const headers = { location: `${storage.url}/logs/7?sig=wrong-secret` };
    server.faults.set("GET /repos/:owner/:repo/actions/jobs/:id/logs", { status: 302, headers });
    const failed = { id: 7, name: "a", workflow: "", conclusion: "failure", steps: [] };
    const end = await endOfLog(api, failed, never);
    expect(end).toMatch(/^the log of a could not be read: 127\.0\.0\.1:\d+ answered 403$/);
  });
});
