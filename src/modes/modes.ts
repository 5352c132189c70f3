import { Trouble } from "../log/trouble.ts";
import type { Report } from "../report/report.ts";
import { endedReport, skippedReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import { commentOn } from "./comment.ts";
import { whyNotPermitted } from "./permission.ts";
import { plan } from "./plan.ts";
import { prebuild } from "./prebuild.ts";
import { run } from "./run.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/**
 * Carries a job out by its mode, if those who caused it may. Trouble that can be expected ends in a report as well, so that the
 * steps that follow find a conclusion.
 */
export async function carryOut(job: Job, runtime: Runtime): Promise<Report> {
  try {
    const forbidden = await whyNotPermitted(job, runtime);
    if (forbidden !== undefined) {
      runtime.log.warning(`nothing was started: ${forbidden}`);
      return skippedReport(runtime.redactor.redact(forbidden));
    }
    return await modeOf(job)(job, runtime);
  } catch (error) {
    if (!(error instanceof Trouble)) {
      throw error;
    }
    const message = runtime.redactor.redact(error.message);
    const conclusion = error instanceof Cancelled ? "cancelled" : "failure";
    if (job.settings.mode === "run") {
      // or an older run's success would stand there
      await commentOn(job, { conclusion, failure: { message } }, runtime);
    }
    return endedReport(conclusion, message);
  }
}

/** The schema refuses modes that are not there yet. */
function modeOf({ settings: { mode } }: Job): (job: Job, runtime: Runtime) => Promise<Report> {
  switch (mode) {
    case "run":
      return run;
    case "prebuild":
      return prebuild;
    case "plan":
      return plan;
    default:
      throw new Error(`mode ${mode} has passed the schema and is not there`);
  }
}
