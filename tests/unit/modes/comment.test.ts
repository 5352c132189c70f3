import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { GitHubEvent } from "../../../src/github/event.ts";
import type { StartImage } from "../../../src/images/ladder.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { commentOn } from "../../../src/modes/comment.ts";
import type { Runtime } from "../../../src/modes/runtime.ts";
import type { Told } from "../../../src/report/comment.ts";
import { fakeLog } from "../fakes.ts";
import { type ApiServer, apiOfTest } from "../github/api-server.ts";
import { load } from "../settings/workspace.ts";

/** A server that takes every request and answers none. */
async function silent(): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const image = { reference: "debian@sha256:1", source: "base" } as StartImage;

interface Ended extends Partial<Record<keyof Told, unknown>> {
  readonly inputs?: Record<string, string>;
  readonly cancelled?: AbortSignal;
  readonly event?: GitHubEvent;
}

/** Comments on the end of a task, and answers what was logged. */
async function comment(url: string, ended: Ended = {}): Promise<string[]> {
  const { inputs = {}, cancelled = new AbortController().signal, ...more } = ended;
  const own = { name: "pull_request", payload: { pull_request: { number: 7 } } };
  const { event = own, ...result } = more;
  const job = await load({
    inputs: { comment: "true", "github-token": "ghs_x", command: "true", ...inputs },
  });
  const log = fakeLog();
  const runtime = {
    log,
    cancelled,
    timeline: createTimeline(),
    event,
    environment: {
      GITHUB_API_URL: url,
      GITHUB_REPOSITORY: "Octo-Org/Demo",
      GITHUB_JOB: "test",
    },
  } as unknown as Runtime;
  const success = { conclusion: "success", exitCode: 0, failure: undefined };
  await commentOn(job, { ...success, image, ...result } as Told, runtime);
  return log.lines;
}

const bodies = (server: ApiServer) => (server.comments.get(7) ?? []).map(({ body }) => body);

describe("the comment of a cancelled run", () => {
  it("says so in place of what it said before", async () => {
    const server = await apiOfTest();
    await comment(server.url);
    // or the little time that it has could be over on a busy machine
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const log = await comment(server.url, {
      conclusion: "cancelled",
      exitCode: 130,
      failure: { message: "the task was cancelled" },
      cancelled: AbortSignal.abort(),
    });
    expect(log).toEqual([]);
    expect(bodies(server)).toEqual([
      expect.stringMatching(/Agent Runner: cancelled[\s\S]*<code>the task was cancelled/),
    ]);
  });

  // without a cancel it would be given up, too, but only after 20 s
  it("is given up soon when GitHub does not answer, with a word that fits", async () => {
    const log = await comment(await silent(), { cancelled: AbortSignal.abort() });
    expect(log).toEqual([expect.stringMatching(/did not answer in time$/)]);
  }, 15_000);

  it("is given up as soon when the cancel comes while GitHub is asked", async () => {
    const started = performance.now();
    const log = await comment(await silent(), { cancelled: AbortSignal.timeout(100) });
    expect(performance.now() - started).toBeGreaterThan(1_500);
    expect(log).toEqual([expect.stringMatching(/did not answer in time$/)]);
  }, 15_000);
});

describe("a comment that cannot be written", () => {
  it.each([403, 404])("names the permission on %d", async (status) => {
    const server = await apiOfTest();
    server.fault = status;
    expect(await comment(server.url)).toEqual([
      expect.stringMatching(/^warning: the comment could not.*Bad things.*pull-requests: write/),
    ]);
  });

  it.each([401, 422, 500, 503])("says only what GitHub says on %d", async (status) => {
    const server = await apiOfTest();
    server.fault = status;
    const [line, ...more] = await comment(server.url);
    expect(line).toMatch(/^warning: the comment could not be written: .*Bad things/);
    expect(line).not.toContain("pull-requests");
    expect(more).toEqual([]);
  });

  it("names no permission where nobody listens", async () => {
    const [line] = await comment("http://127.0.0.1:1");
    expect(line).toMatch(/^warning: the comment could not be written: /);
    expect(line).not.toContain("pull-requests");
  });
});

describe("the comment", () => {
  it("of a leg with other settings is another one", async () => {
    const server = await apiOfTest();
    for (const command of ["npm test", "npm run lint", "npm test"]) {
      await comment(server.url, { inputs: { command } });
    }
    expect(bodies(server)).toHaveLength(2);
  });

  it.each([
    ["true", 2],
    ["sticky", 1],
  ])("with `comment: %s` is there so often after two questions: %d", async (way, count) => {
    const server = await apiOfTest();
    for (const id of [501, 502]) {
      const payload = { issue: { number: 7, pull_request: {} }, comment: { id } };
      const event = { name: "issue_comment", payload };
      await comment(server.url, { inputs: { comment: way }, event });
    }
    expect(bodies(server)).toHaveLength(count);
  });

  it("has what an agent can choose only in code, where GitHub looks for nobody", async () => {
    const server = await apiOfTest();
    const message = "@octocat.sh (https://evil.example) failed\n\n- #12 <img src=x>";
    await comment(server.url, { conclusion: "failure", exitCode: 3, failure: { message } });
    const [body = ""] = bodies(server);
    expect(body).toContain("octocat.sh");
    expect(body.replace(/<code>.*?<\/code>/g, "")).not.toMatch(/octocat|evil|12|img/);
    expect(body).not.toMatch(/:\/\/|@(?!<)|<img/);
  });
});

it("the comment of a run that ended before its task says that, and why", async () => {
  const server = await apiOfTest();
  await comment(server.url, {
    conclusion: "failure",
    failure: { message: "the base image could not be had" },
    exitCode: undefined,
    image: undefined,
  });
  expect(bodies(server)).toEqual([
    expect.stringMatching(
      /Agent Runner: failure[\s\S]*<code>the base image[\s\S]*- did not run: a command/,
    ),
  ]);
  expect(bodies(server)[0]).not.toMatch(/image:|exit code/);
});
