import { readEvent } from "../github/event.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import { createTimeline, type Timeline } from "../log/timeline.ts";
import { offerAuthorities } from "../network/authorities.ts";
import { explainFailure } from "../report/failure.ts";
import type { Outputs } from "../report/outputs.ts";
import type { Report } from "../report/report.ts";
import { BadInput } from "../settings/problem.ts";
import type { RawSettings } from "../settings/raw.ts";
import { firstSecrets, secretValues } from "../settings/secrets.ts";
import { removeCopies } from "../task/changes/watch.ts";
import { authoritiesBeforeJob, authoritiesOf } from "./authorities.ts";
import { beginWork } from "./begin.ts";
import { withModelKeyOnly } from "./fork-secrets.ts";
import { jobFor } from "./job.ts";
import { carryOut } from "./modes.ts";
import type { PostState } from "./post-state.ts";
import { createRuntime, disposeRuntime, newRunId, runFolder } from "./runtime.ts";
import type { Work } from "./work.ts";

export interface LifeOptions {
  /** What a reader found: the action's inputs or the command line's flags. */
  readonly given: RawSettings;
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The log's; it learns what is secret in this run. */
  readonly redactor: Redactor;
  /** Takes outputs as soon as they are known. */
  readonly known?: (outputs: Outputs) => void;
  /** Keeps what `post` needs to know. */
  readonly remember: (state: PostState) => void;
}

/**
 * A run's life, the same for the action and the command line: from what was given to a report.
 *
 * @throws BadInput before anything has been started
 */
export async function live(options: LifeOptions): Promise<{ report: Report; folder: string }> {
  const { environment, log, redactor, remember } = options;
  const cancelled = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => cancelled.abort());
  }
  const hide = (values: Iterable<string>) => {
    for (const line of redactor.learn(values)) {
      log.mask(line);
    }
  };
  const { given, workspace } = options;
  const timeline = createTimeline(() => performance.now(), 0); // the process began with the step
  hide(firstSecrets(given, environment));
  const runId = newRunId();
  const folder = runFolder(environment, runId);
  remember({ runId });
  const event = await readEvent(environment);
  const desk = { given, event, workspace, environment, log, redactor, folder, remember, timeline };
  offerAuthorities(authoritiesBeforeJob(desk));
  const begun = { runId, timeline };
  let report: Report;
  try {
    const work = await beginWork({ ...desk, cancelled: cancelled.signal });
    report = "outputs" in work ? work : await workOn(work, hide, options, cancelled.signal, begun);
  } catch (error) {
    if (error instanceof BadInput) {
      remember({ ended: true }); // nothing has been started that `post` would have to look for
    }
    throw error;
  } finally {
    await disposeRuntime(folder);
    await removeCopies(folder); // of a task that never began
  }
  remember({ ended: true });
  return { report, folder };
}

/** @throws BadInput before anything has been started but the answer, which says so */
async function workOn(
  work: Work,
  hide: (values: Iterable<string>) => void,
  { given, workspace, environment, log, redactor, remember, known = () => {} }: LifeOptions,
  signal: AbortSignal,
  { runId, timeline }: { readonly runId: string; readonly timeline: Timeline },
): Promise<Report> {
  const { job, event } = await loaded(work, timeline, () =>
    jobFor(given, workspace, environment, signal, log),
  );
  hide(secretValues(job));
  offerAuthorities(authoritiesOf(job));
  for (const warning of job.warnings) {
    log.warning(warning);
  }
  if (job.withheld !== undefined) {
    log.notice(
      `build secrets are given to no script in this run, because ${job.withheld}: what no store has is not built, and is installed at task start without them`,
    );
  }
  const { job: allowed, withheld } = work.pull?.isFork
    ? withModelKeyOnly(job)
    : { job, withheld: [] };
  if (withheld.length > 0) {
    log.notice(`the code is a fork's, so that the task does not get ${withheld.join(", ")}`);
  }
  const runtime = await createRuntime({
    ...{ job: allowed, event, log, redactor, hide, runId, timeline, environment, signal, remember },
    known,
  });
  return carryOut(allowed, runtime, work);
}

/** The job; where there is none because of what was given, the answer says so. */
async function loaded<T>({ answer }: Work, timeline: Timeline, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof BadInput) {
      const message = "the step's settings cannot be used; its log says what is wrong with them";
      await answer?.finish({ conclusion: "failure", failure: { message } }, timeline.elapsed());
    }
    throw error;
  }
}

/** Runs an entry's work; what it throws is told as people should read it, and fails the process. */
export async function withFailuresTold(log: Log, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    for (const warning of error instanceof BadInput ? error.warnings : []) {
      log.warning(warning);
    }
    for (const { message, file, line } of explainFailure(error)) {
      log.error(message, { file, line });
    }
    process.exitCode = 1;
  }
}
