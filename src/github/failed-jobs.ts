import { z } from "zod";
import { notRead, shaSchema } from "./checked.ts";
import { isFailure } from "./checks.ts";
import type { Api } from "./client.ts";
import type { GitHubEvent } from "./event.ts";

/** A job of a workflow that failed: untrusted words. */
export interface FailedJob {
  readonly id: number;
  readonly name: string;
  readonly workflow: string;
  readonly conclusion: string;
  /** Names of the steps that failed. */
  readonly steps: readonly string[];
}

export interface FailedJobs {
  readonly jobs: readonly FailedJob[];
  /** What is not here because there is too much of it, as sentences. */
  readonly leftOut: readonly string[];
  /** What could not be read. */
  readonly warnings: readonly string[];
}

/** How many runs are looked into; the newest of each workflow. */
const mostRuns = 10;
/** Of one run; a matrix has 256 at most. */
const mostJobsOfRun = 300;
/** So many logs are read. */
const mostJobs = 10;

const id = z.int().positive();

const runSchema = z.object({
  id,
  workflow_id: z.number(),
  event: z.string(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
});

const jobSchema = z.object({
  id,
  run_id: id,
  head_sha: z.string(),
  name: z.string(),
  workflow_name: z.string().nullish(),
  conclusion: z.string().nullish(),
  steps: z.array(z.object({ name: z.string(), conclusion: z.string().nullish() })).nullish(),
});

const runEvent = z.object({
  workflow_run: z.object({ id, head_sha: shaSchema }),
});

/** The run that a `workflow_run` event is about, and its commit; undefined for other events. Untrusted: both are checked. */
export function runOfEvent({
  name,
  payload,
}: GitHubEvent): { readonly id: number; readonly commit: string } | undefined {
  const run = name === "workflow_run" ? runEvent.safeParse(payload).data?.workflow_run : undefined;
  return run && { id: run.id, commit: run.head_sha };
}

/**
 * The jobs that failed at a commit, or those of one run. Throws nothing that GitHub could cause. Our own job is none: it
 * has not ended.
 *
 * @param run looked into instead of the commit's runs
 */
export async function failedJobs(
  api: Api,
  commit: string,
  run: number | undefined,
): Promise<FailedJobs> {
  const leftOut: string[] = [];
  const warnings: string[] = [];
  const runs = run === undefined ? await runsOf(api, commit, leftOut, warnings) : [run];
  const jobs: FailedJob[] = [];
  for (const one of runs) {
    try {
      jobs.push(...(await failedOf(api, one, commit, warnings)));
    } catch (error) {
      warnings.push(notRead(`the jobs of run ${one}`, "actions: read", error));
    }
  }
  if (jobs.length > mostJobs) {
    leftOut.push(`more than ${mostJobs} jobs failed; the logs of the first ${mostJobs} are here`);
  }
  return { jobs: jobs.slice(0, mostJobs), leftOut, warnings };
}

/** Runs of a commit in which a job may have failed; of each workflow and event the newest, as GitHub lists them. */
async function runsOf(
  api: Api,
  commit: string,
  leftOut: string[],
  warnings: string[],
): Promise<number[]> {
  try {
    const route = "GET /repos/{owner}/{repo}/actions/runs";
    const newest = new Map<string, z.output<typeof runSchema>>();
    // one page: whoever has more than a hundred runs at one commit has re-run the same few
    for await (const page of api.pages(route, { head_sha: commit })) {
      for (const run of z.array(runSchema).parse(page)) {
        const key = `${run.workflow_id} ${run.event}`;
        newest.set(key, newest.get(key) ?? run);
      }
      break;
    }
    const found = [...newest.values()].filter(
      ({ status, conclusion }) => status !== "completed" || isFailure(conclusion),
    );
    if (found.length > mostRuns) {
      leftOut.push(`${found.length} runs failed; only the newest ${mostRuns} were looked into`);
    }
    return found.slice(0, mostRuns).map((run) => run.id);
  } catch (error) {
    warnings.push(notRead("the workflow runs", "actions: read", error));
    return [];
  }
}

async function failedOf(
  api: Api,
  run: number,
  commit: string,
  warnings: string[],
): Promise<FailedJob[]> {
  const route = "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs";
  const found: FailedJob[] = [];
  let seen = 0;
  let others = 0;
  for await (const page of api.pages(route, { run_id: run, filter: "latest" })) {
    const jobs = z.array(jobSchema).parse(page);
    // of another commit it says nothing about what the agent works on
    const own = jobs.filter((job) => job.run_id === run && job.head_sha === commit);
    others += jobs.length - own.length;
    for (const job of own) {
      if (isFailure(job.conclusion)) {
        found.push({
          id: job.id,
          name: job.name,
          workflow: job.workflow_name ?? "",
          conclusion: job.conclusion ?? "",
          steps: (job.steps ?? [])
            .filter(({ conclusion }) => isFailure(conclusion))
            .map(({ name }) => name),
        });
      }
    }
    seen += jobs.length;
    if (seen >= mostJobsOfRun || found.length > mostJobs) {
      break;
    }
  }
  if (others > 0) {
    warnings.push(`${others} jobs of run ${run} are left out: they are of another commit`);
  }
  return found;
}
