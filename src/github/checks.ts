import pLimit from "p-limit";
import { z } from "zod";
import { oneLine } from "../log/text.ts";
import { notRead } from "./checked.ts";
import type { Api } from "./client.ts";

/** What a check says of a line. */
export interface Annotation {
  readonly path: string;
  readonly line: number;
  /** `notice`, `warning` or `failure`. */
  readonly level: string;
  readonly title: string;
  readonly message: string;
}

export interface CheckRun {
  readonly name: string;
  /** `success`, `failure`, `timed_out`, …; while it has none, what it is doing: `queued`, `in_progress`. */
  readonly state: string;
  readonly failed: boolean;
  readonly url: string;
  readonly title: string;
  readonly summary: string;
  /** Of those that failed. */
  readonly annotations: readonly Annotation[];
}

export interface CommitStatus {
  readonly context: string;
  /** `error`, `failure`, `pending` or `success`. */
  readonly state: string;
  readonly description: string;
  readonly url: string;
}

/** What GitHub shows at a commit, as its authors wrote it: untrusted. */
export interface Checks {
  readonly runs: readonly CheckRun[];
  readonly statuses: readonly CommitStatus[];
  /** What is not here because there is too much of it, as sentences. */
  readonly leftOut: readonly string[];
  /** What could not be read. */
  readonly warnings: readonly string[];
}

/** More runs than these are a matrix that nobody reads. */
const mostRuns = 300;
/** Annotations cost a request a run, and GitHub shows no more than 50 of a step's. */
const mostAnnotatedRuns = 20;
const mostAnnotations = 50;
const atOnce = 4;

const failures = new Set(["failure", "timed_out", "startup_failure", "action_required"]);

/** Whether a run or a job that ended so is one to look into. */
export function isFailure(conclusion: string | null | undefined): boolean {
  return failures.has(conclusion ?? "");
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

const runSchema = z.object({
  id: z.int().positive(),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullish(),
  details_url: text,
  html_url: text,
  output: z
    .object({ title: text, summary: text, annotations_count: z.number().nullish() })
    .nullish(),
});
type FoundRun = z.output<typeof runSchema>;

const annotationSchema = z.object({
  path: text,
  start_line: z.number().nullish(),
  annotation_level: text,
  title: text,
  message: text,
});

const statusesSchema = z.object({
  total_count: z.number(),
  statuses: z.array(
    z.object({ context: z.string(), state: z.string(), description: text, target_url: text }),
  ),
});

/**
 * The check runs and statuses of a commit, and what the failed ones say of lines. What cannot be read is told, and the
 * rest is there. Throws nothing that GitHub could cause.
 *
 * @param ownRun the number of the run that we are in, whose unfinished jobs are left out: we are one of them
 */
export async function readChecks(
  api: Api,
  commit: string,
  ownRun: number | undefined,
): Promise<Checks> {
  const leftOut: string[] = [];
  const warnings: string[] = [];
  const [runs, statuses] = await Promise.all([
    checkRuns(api, commit, ownRun, leftOut, warnings),
    commitStatuses(api, commit, leftOut, warnings),
  ]);
  return { runs, statuses, leftOut, warnings };
}

async function checkRuns(
  api: Api,
  commit: string,
  ownRun: number | undefined,
  leftOut: string[],
  warnings: string[],
): Promise<CheckRun[]> {
  const found: FoundRun[] = [];
  try {
    const route = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs";
    for await (const page of api.pages(route, { ref: commit })) {
      found.push(...z.array(runSchema).parse(page));
      if (found.length >= mostRuns) {
        leftOut.push(`only the first ${mostRuns} check runs are here`);
        break;
      }
    }
  } catch (error) {
    warnings.push(notRead("the check runs", "checks: read", error));
  }
  const runs = found.slice(0, mostRuns).filter((run) => !isOurs(run, ownRun));
  const noted = runs.filter(
    ({ conclusion, output }) => isFailure(conclusion) && (output?.annotations_count ?? 0) > 0,
  );
  if (noted.length > mostAnnotatedRuns) {
    leftOut.push(`only of the first ${mostAnnotatedRuns} failed check runs annotations are here`);
  }
  const limit = pLimit(atOnce);
  const annotations = new Map(
    await Promise.all(
      noted.slice(0, mostAnnotatedRuns).map(({ id, name }) =>
        limit(async () => {
          try {
            return [id, await annotationsOf(api, id)] as const;
          } catch (error) {
            warnings.push(
              notRead(`the annotations of ${oneLine(name, 100)}`, "checks: read", error),
            );
            return [id, [] as Annotation[]] as const;
          }
        }),
      ),
    ),
  );
  for (const { id, name, output } of noted) {
    const all = output?.annotations_count ?? 0;
    const here = annotations.get(id)?.length ?? 0;
    if (here > 0 && here < all) {
      leftOut.push(`of the ${all} annotations of ${name} the first ${here} are here`);
    }
  }
  return runs.map(({ id, name, status, conclusion, details_url, html_url, output }) => ({
    name,
    state: conclusion ?? status,
    failed: isFailure(conclusion),
    url: html_url || details_url,
    title: output?.title ?? "",
    summary: output?.summary ?? "",
    annotations: annotations.get(id) ?? [],
  }));
}

/** A job of the run that we are in, which has not ended: the agent's own is one. */
function isOurs({ status, details_url }: FoundRun, ownRun: number | undefined): boolean {
  const [, run] = /\/actions\/runs\/(\d+)(?:\/|$)/.exec(details_url) ?? [];
  return status !== "completed" && run !== undefined && Number(run) === ownRun;
}

async function annotationsOf(api: Api, id: number): Promise<Annotation[]> {
  const route = "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations";
  const { data } = await api.call(route, { check_run_id: id, per_page: mostAnnotations });
  return z
    .array(annotationSchema)
    .parse(data)
    .slice(0, mostAnnotations)
    .map(({ path, start_line, annotation_level, title, message }) => ({
      path,
      line: start_line ?? 0,
      level: annotation_level,
      title,
      message,
    }));
}

async function commitStatuses(
  api: Api,
  commit: string,
  leftOut: string[],
  warnings: string[],
): Promise<CommitStatus[]> {
  try {
    const route = "GET /repos/{owner}/{repo}/commits/{ref}/status";
    const { data } = await api.call(route, { ref: commit, per_page: 100 });
    const { statuses, total_count: all } = statusesSchema.parse(data);
    if (all > statuses.length) {
      leftOut.push(`of the ${all} commit statuses the first ${statuses.length} are here`);
    }
    return statuses.map(({ context, state, description, target_url: url }) => ({
      ...{ context, state, description, url },
    }));
  } catch (error) {
    warnings.push(notRead("the commit statuses", "statuses: read", error));
    return [];
  }
}
