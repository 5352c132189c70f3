import { describe, expect, it } from "vitest";
import type { StartImage } from "../../../src/images/ladder.ts";
import { endedReport, runReport, skippedReport } from "../../../src/report/run-report.ts";
import type { TaskResult } from "../../../src/task/ends.ts";
import { base, envContent, layersOf } from "../fakes.ts";

/** The summary of a task that ended like this. */
function summaryOf(result: Partial<TaskResult>): string {
  return reportOf(result).summary;
}

function reportOf(result: Partial<TaskResult>, said?: string) {
  const planned = { baseImage: "debian:12", base, contents: [], layers: layersOf(envContent) };
  const image = {
    reference: base.reference,
    source: "base",
    provides: new Set(),
    outcomes: [],
  } as unknown as StartImage;
  const ended: TaskResult = {
    conclusion: "success",
    exitCode: 0,
    failure: undefined,
    warnings: [],
    artifacts: [],
    artifactsPath: "/tmp/artifacts",
    transcriptPath: "/tmp/transcript.log",
    noVncUrl: undefined,
    tail: "",
    outputs: {},
    agent: undefined,
    agentStreamPath: undefined,
    ...result,
  };
  return runReport({
    what: "a command",
    pullRequest: undefined,
    planned,
    image,
    result: ended,
    published: new Map(),
    spans: [],
    said,
  });
}

const files = (count: number, length = 1) =>
  Array.from({ length: count }, (_, index) => `${index}-${"x".repeat(length)}.txt`);

describe("the summary of a task", () => {
  it("names the base image, and what that stands for", () => {
    expect(summaryOf({})).toContain(
      `<tr><td>base image</td><td><code>debian:12</code>, <code>${base.digest}</code></td></tr>`,
    );
  });

  it("says what became of the changes where Markdown is read: in no table", () => {
    const said = "**Committed** as [`abc`](https://github.com/o/r/commit/abc)";
    expect(reportOf({}, said).summary).toContain(`\n\n${said}\n\n<table>`);
  });

  it("says how many files of the workspace have changed, and which", () => {
    const changes = {
      files: [
        { path: "new<b>", status: "added" },
        { path: "same", status: "modified" },
        { path: "old", status: "deleted" },
      ],
      patchPath: "/run/changes.patch",
    } as const;
    const { summary, outputs } = reportOf({ changes });
    expect(summary).toContain(
      "<td>3 files changed: <code>new&#60;b&#62;</code> (added), <code>same</code>, <code>old</code> (deleted)</td>",
    );
    expect(outputs["changes-path"]).toBe("/run/changes.patch");
    expect(JSON.parse(outputs["changed-files"] ?? "")).toEqual(changes.files);
  });

  it("lists as many changed files as an output can have, whole ones", () => {
    const all = files(10_000, 100).map((path) => ({ path, status: "added" }) as const);
    const { outputs } = reportOf({ changes: { files: all, patchPath: undefined } });
    const text = outputs["changed-files"] ?? "";
    expect(text.length).toBeLessThanOrEqual(200_002);
    expect(JSON.parse(text)).toEqual(all.slice(0, JSON.parse(text).length));
    expect(outputs["changes-path"]).toBe("");
    expect(reportOf({}).outputs["changed-files"]).toBe("");
  });

  it("lists its artifacts", () => {
    const text = summaryOf({ artifacts: files(20) });
    expect(text).toMatch(
      /^<tr><td>artifacts<\/td><td><code>0-x\.txt<\/code>, .*<code>19-x\.txt<\/code> in the /m,
    );
    expect(text).not.toMatch(/ more /);
  });

  it("lists twenty of many, and says how many more are there", () => {
    const text = summaryOf({ artifacts: files(123) });
    expect(text).toMatch(/<code>19-x\.txt<\/code>, and 103 more in the folder/);
    expect(text).not.toContain("20-x.txt");
  });

  // above 1 MiB GitHub drops it as a whole
  it("is never too large for GitHub, whatever an agent leaves behind", () => {
    const text = summaryOf({
      artifacts: files(1_000, 4_000).map((name) => `@|<${name}`),
      warnings: files(1_000, 4_000),
      failure: { message: "@".repeat(100_000) },
      tail: "\u0001@&".repeat(400_000),
    });
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/^<tr><td>exit code<\/td><td>0<\/td><\/tr>$/m);
  });

  it("says why it failed, however many warnings there are", () => {
    const text = summaryOf({ warnings: files(99), failure: { message: "no more memory" } });
    expect(text).toContain("- :warning: <code>no more memory</code>");
    expect(text).toContain("- and 80 more");
  });

  it("has an artifact's name and the failure only as code", () => {
    const text = summaryOf({
      artifacts: ["@octocat.txt"],
      failure: { message: "@octocat: see https://evil.example" },
    });
    expect(text.match(/octocat/g)).toHaveLength(2);
    expect(text.replace(/<code>.*?<\/code>/g, "")).not.toMatch(/octocat|evil/);
  });
});

it("says why nothing ran: trouble as code, and a refusal as the sentence it is", () => {
  expect(endedReport("failure", "@octocat may not").summary).toMatch(
    /^<tr><td>why<\/td><td><code>&#64;<!-- -->octocat may not<\/code><\/td><\/tr>$/m,
  );
  expect(skippedReport("*@octocat* may not `write`").summary).toMatch(
    /^<tr><td>why<\/td><td>&#42;&#64;<!-- -->octocat&#42; may not <code>write<\/code><\/td><\/tr>$/m,
  );
});

it("tells what became of the changes where Markdown is read: in no table", () => {
  const said = "**Committed** as [`a1b2c3d`](https://github.com/o/r/commit/a1b2c3d).";
  const lines = reportOf({}, said).summary.split("\n");
  const at = lines.indexOf(said);
  expect(lines.slice(at - 1, at + 3)).toEqual(["", said, "", "<table>"]);
});
