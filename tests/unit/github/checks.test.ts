import { describe, expect, it } from "vitest";
import { readChecks } from "../../../src/github/checks.ts";
import { checksText } from "../../../src/github/checks-text.ts";
import type { CheckRunOf } from "../../harness/github/checks.ts";
import { apiWith, commit, denied } from "./checks-support.ts";

const nothing = { title: null, summary: null };
const run = (id: number, name: string, more: Partial<CheckRunOf> = {}): CheckRunOf => ({
  ...{ id, name, status: "completed", conclusion: "success", output: nothing },
  ...more,
});
const broken = run(2, "test (ubuntu)", {
  conclusion: "failure",
  output: { title: "2 failed", summary: "**2** tests failed\n\u001B[31mred\u001B[0m" },
  annotations: [
    {
      path: "src/a.ts",
      start_line: 12,
      annotation_level: "failure",
      title: "Type error",
      message: "not a number\nat all",
    },
  ],
});

describe("the checks of a commit", () => {
  it("are its check runs, with what the failed ones say, and its statuses", async () => {
    const { api } = await apiWith({
      checkRuns: [run(1, "lint"), broken, run(3, "slow", { status: "queued", conclusion: null })],
      statuses: [{ context: "ci/old", state: "error", description: null, target_url: null }],
    });
    const checks = await readChecks(api, commit, undefined);
    expect(checks).toMatchObject({ leftOut: [], warnings: [] });
    expect(checks.runs.map(({ name, state, failed }) => [name, state, failed])).toEqual([
      ["lint", "success", false],
      ["test (ubuntu)", "failure", true],
      ["slow", "queued", false],
    ]);
    expect(checks.runs[1]?.annotations).toEqual([
      {
        ...{ path: "src/a.ts", line: 12, level: "failure", title: "Type error" },
        message: "not a number\nat all",
      },
    ]);
    expect(checksText(checks, commit)).toBe(
      [
        `# Checks of ${commit}`,
        "## test (ubuntu): failure",
        "https://github.com/Octo-Org/Demo/runs/2",
        "2 failed",
        "**2** tests failed\nred",
        "- src/a.ts:12, failure, Type error: not a number\n  at all",
        "## Other checks",
        "- lint: success\n- slow: queued",
        "## Commit statuses",
        "- ci/old: error\n",
      ].join("\n\n"),
    );
  });

  it("leave out our own job, which has not ended, and no other", async () => {
    const job = (id: number, number: number) =>
      run(id, `job ${id}`, {
        ...{ status: "in_progress", conclusion: null },
        details_url: `https://github.com/Octo-Org/Demo/actions/runs/${number}/job/${id}`,
      });
    const { api } = await apiWith({ checkRuns: [job(1, 77), job(2, 770), broken] });
    const { runs } = await readChecks(api, commit, 77);
    expect(runs.map(({ name }) => name)).toEqual(["job 2", "test (ubuntu)"]);
  });

  it("are bounded, and what is left out is said", async () => {
    const noted = { ...broken, annotations: Array(60).fill(broken.annotations?.[0]) };
    const many = Array.from({ length: 320 }, (_, index) => ({ ...noted, id: index + 1 }));
    const { api, server } = await apiWith({ checkRuns: many });
    const checks = await readChecks(api, commit, undefined);
    expect(checks.runs).toHaveLength(300);
    expect(checks.runs.filter(({ annotations }) => annotations.length > 0)).toHaveLength(20);
    expect(checks.leftOut.slice(0, 3)).toEqual([
      "only the first 300 check runs are here",
      "only of the first 20 failed check runs annotations are here",
      "of the 60 annotations of test (ubuntu) the first 50 are here",
    ]);
    expect(server.requests.filter((one) => one.endsWith("/annotations"))).toHaveLength(20);
    expect(checksText(checks, commit)).toContain("## Left out\n\n- only the first 300");
  });

  it.each([
    ["GET /repos/:owner/:repo/commits/:ref/check-runs", "the check runs", "checks: read"],
    ["GET /repos/:owner/:repo/commits/:ref/status", "the commit statuses", "statuses: read"],
    [
      "GET /repos/:owner/:repo/check-runs/:id/annotations",
      "the annotations of test (ubuntu)",
      "checks: read",
    ],
  ])("that may not be read (%s) are a warning with the permission", async (route, what, needs) => {
    const { api, server } = await apiWith({ checkRuns: [broken] });
    server.faults.set(route, denied);
    const { warnings } = await readChecks(api, commit, undefined);
    expect(warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${what.replace(/[()]/g, "\\$&")} could not be read: GitHub answered 403 .*\`${needs}\`$`,
        ),
      ),
    ]);
  });

  it("that GitHub's words say nothing about are told as not understood, a rate limit as such", async () => {
    const { api, server } = await apiWith({ checkRuns: [broken] });
    server.faults.set("GET /repos/:owner/:repo/commits/:ref/check-runs", {
      body: { total_count: 1, check_runs: [{ id: "../1" }] },
    });
    server.faults.set("GET /repos/:owner/:repo/commits/:ref/status", {
      status: 403,
      body: { message: "API rate limit exceeded for installation" },
    });
    const { warnings } = await readChecks(api, commit, undefined);
    expect(warnings.toSorted()).toEqual([
      "the check runs could not be read: GitHub's answer is not understood",
      expect.stringMatching(/^the commit statuses .* 403 \(API rate limit exceeded[^`]*$/),
    ]);
  });

  it("that do not come are told in time, and so is a server that is gone", async () => {
    const { api, server } = await apiWith({}, "plain", AbortSignal.timeout(300));
    server.faults.set(
      "GET /repos/:owner/:repo/commits/:ref/check-runs",
      () => new Promise(() => {}),
    );
    // on a machine that is busy the other question may be late, too
    expect((await readChecks(api, commit, undefined)).warnings).toContain(
      "the check runs could not be read: GitHub did not answer in time",
    );
    const other = await apiWith({});
    await other.server.stop();
    expect((await readChecks(other.api, commit, undefined)).warnings).toEqual([
      expect.stringMatching(/^the .* could not be read: GitHub could not be reached \(/),
      expect.stringMatching(/^the .* could not be read: GitHub could not be reached \(/),
    ]);
  });

  it("none at all is said", async () => {
    const { api } = await apiWith({});
    expect(checksText(await readChecks(api, commit, 1), commit)).toContain("None is known.");
  });
});
