import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import { explainFailure } from "../report/failure.ts";
import type { Report } from "../report/report.ts";
import { BadInput } from "../settings/problem.ts";
import type { RawSettings } from "../settings/raw.ts";
import { firstSecrets, secretValues } from "../settings/secrets.ts";
import { removeCopies } from "../task/changes/watch.ts";
import { jobFor } from "./job.ts";
import { carryOut } from "./modes.ts";
import type { PostState } from "./post-state.ts";
import { createRuntime, disposeRuntime, newRunId, runFolder } from "./runtime.ts";

export interface LifeOptions {
  /** What a reader found: the action's inputs or the command line's flags. */
  readonly given: RawSettings;
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The log's; it learns what is secret in this run. */
  readonly redactor: Redactor;
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
  hide(firstSecrets(given, environment));
  const { job, event } = await jobFor(given, workspace, environment, cancelled.signal);
  hide(secretValues(job));
  for (const warning of job.warnings) {
    log.warning(warning);
  }
  if (job.withheld !== undefined) {
    log.notice(
      `build secrets are given to no script in this run, because ${job.withheld}: what no store has is not built, and is installed at task start without them`,
    );
  }
  const runId = newRunId();
  const folder = runFolder(environment, runId);
  remember({ runId });
  let report: Report;
  try {
    const signal = cancelled.signal;
    const runtime = await createRuntime({
      ...{ job, event, log, redactor, hide, runId, environment, signal, remember },
    });
    report = await carryOut(job, runtime);
  } finally {
    await disposeRuntime(folder);
    await removeCopies(folder); // of a task that never began
  }
  remember({ ended: true });
  return { report, folder };
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
