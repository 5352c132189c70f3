/** The stand-in's check runs, statuses, workflow runs and jobs of one commit, and where the jobs' logs lie. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { page, type Reply, type Routes } from "./server.ts";

export interface CheckRunOf {
  readonly id: number;
  readonly name: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: string | null;
  readonly details_url?: string;
  readonly output: { title: string | null; summary: string | null };
  readonly annotations?: readonly AnnotationOf[];
}

export interface AnnotationOf {
  readonly path: string;
  readonly start_line: number;
  readonly annotation_level: "notice" | "warning" | "failure";
  readonly title: string | null;
  readonly message: string;
}

export interface RunOf {
  readonly id: number;
  readonly workflow_id: number;
  readonly event: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly jobs: readonly JobOf[];
}

export interface JobOf {
  readonly id: number;
  readonly name: string;
  readonly conclusion: string | null;
  /** The commit's own, unless given. */
  readonly head_sha?: string;
  readonly steps?: readonly { name: string; conclusion: string }[];
  /** `expired` as GitHub keeps it for a time only; without one it has never been there. */
  readonly log?: string | "expired";
}

export interface ChecksState {
  readonly commit: string;
  readonly checkRuns: readonly CheckRunOf[];
  readonly statuses: readonly {
    context: string;
    state: string;
    description: string | null;
    target_url: string | null;
  }[];
  readonly runs: readonly RunOf[];
}

const notFound: Reply = { status: 404, body: { message: "Not Found" } };

/**
 * @param url the stand-in's own
 * @param storage where logs lie, see {@link logStorageOfTest}
 */
export function checksRoutes(state: ChecksState, url: () => string, storage = ""): Routes {
  const here = (ref: string | undefined) => ref === state.commit;
  const listed = (reply: Reply, key: string, all: readonly unknown[]): Reply => ({
    ...reply,
    body: { total_count: all.length, [key]: reply.body },
  });
  return {
    "GET /repos/:owner/:repo/commits/:ref/check-runs": (call) => {
      const runs = state.checkRuns.map(({ annotations = [], output, ...run }) => ({
        ...run,
        html_url: `https://github.com/Octo-Org/Demo/runs/${run.id}`,
        details_url: run.details_url ?? null,
        output: { ...output, annotations_count: annotations.length },
      }));
      return here(call.params.ref) ? listed(page(call, url(), runs), "check_runs", runs) : notFound;
    },
    "GET /repos/:owner/:repo/check-runs/:id/annotations": (call) => {
      const run = state.checkRuns.find(({ id }) => id === Number(call.params.id));
      return run === undefined ? notFound : page(call, url(), run.annotations ?? []);
    },
    "GET /repos/:owner/:repo/commits/:ref/status": (call) => {
      const { body } = page(call, url(), state.statuses);
      const { length: total_count } = state.statuses;
      // `url` is how the package tells it from a list
      return here(call.params.ref)
        ? { body: { state: "failure", url: `${url()}${call.path}`, total_count, statuses: body } }
        : notFound;
    },
    "GET /repos/:owner/:repo/actions/runs": (call) => {
      const found = here(call.query.get("head_sha") ?? undefined) ? state.runs : [];
      const runs = found.map(({ jobs: _, ...run }) => ({ ...run, head_sha: state.commit }));
      return listed(page(call, url(), runs), "workflow_runs", runs);
    },
    "GET /repos/:owner/:repo/actions/runs/:id/jobs": (call) => {
      const run = state.runs.find(({ id }) => id === Number(call.params.id));
      if (run === undefined) return notFound;
      const jobs = run.jobs.map(({ log: _, ...job }) => ({
        head_sha: state.commit,
        run_id: run.id,
        workflow_name: "CI",
        steps: [],
        ...job,
      }));
      return listed(page(call, url(), jobs), "jobs", jobs);
    },
    "GET /repos/:owner/:repo/actions/jobs/:id/logs": (call) => {
      const job = state.runs
        .flatMap(({ jobs }) => jobs)
        .find(({ id }) => id === Number(call.params.id));
      if (job?.log === "expired")
        return { status: 410, body: { message: "Server Error: the logs are gone" } };
      return job?.log === undefined
        ? notFound
        : { status: 302, headers: { location: `${storage}/logs/${job.id}?sig=${sig}` }, body: "" };
    },
  };
}

const sig = "signed-for-a-minute";

export interface LogStorage {
  readonly url: string;
  /** `Range` of each request, empty without one. */
  readonly ranges: string[];
}

/** How logs are handed out: `gzip` packs them, `silent` never answers. */
export type Manner = "plain" | "gzip" | "silent" | "stalls";

/** Where logs lie, elsewhere than the API, as a blob store hands them out. A login that comes here fails the test. */
export async function logStorageOfTest(
  state: ChecksState,
  manner: Manner = "plain",
  later: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<LogStorage> {
  const logs = new Map(
    state.runs.flatMap(({ jobs }) => jobs).map(({ id, log = "" }) => [id, Buffer.from(log)]),
  );
  const ranges: string[] = [];
  const logins: string[] = [];
  const server = createServer(({ url = "", headers }, response) => {
    const { pathname, searchParams } = new URL(url, "http://storage");
    if (headers.authorization !== undefined) logins.push(headers.authorization);
    ranges.push(headers.range ?? "");
    const bytes = logs.get(Number(pathname.replace("/logs/", "")));
    if (manner === "silent") return;
    if (searchParams.get("sig") !== sig || bytes === undefined) {
      response.writeHead(403).end();
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (manner === "gzip") {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(bytes));
    } else if (manner === "stalls") {
      response.writeHead(200, { "content-length": String(bytes.length + 1) });
      response.write(bytes);
    } else if (from !== undefined) {
      const part = bytes.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, { "content-length": String(part.length) }).end(part);
    } else {
      response.writeHead(200, { "content-length": String(bytes.length) }).end(bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (logins.length > 0) throw new Error("a login came to where logs lie");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges };
}
