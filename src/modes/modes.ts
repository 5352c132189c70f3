import { Trouble } from "../log/trouble.ts";
import type { Report } from "../report/report.ts";
import { endedReport, skippedReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import type { Settings } from "../settings/schema.ts";
import { whyNotPermitted } from "./permission.ts";
import { plan } from "./plan.ts";
import { prebuild } from "./prebuild.ts";
import { run } from "./run.ts";
import { Cancelled, type Runtime } from "./runtime.ts";
import { tellGitHub } from "./tell.ts";
import { noWork, type Work } from "./work.ts";

/**
 * Carries a job out by its mode, if those who caused it may. Trouble that can be expected ends in a report as well, so that the
 * steps that follow find a conclusion.
 */
export async function carryOut(job: Job, runtime: Runtime, work: Work = noWork): Promise<Report> {
  try {
    const forbidden = isPermitted(job, work) ? undefined : await whyNotPermitted(job, runtime);
    if (forbidden !== undefined) {
      runtime.log.warning(`nothing was started: ${forbidden}`);
      await work.answer?.refuse(forbidden);
      return skippedReport(runtime.redactor.redact(forbidden));
    }
    const carry = await modeOf(job);
    const report = await carry(job, runtime, work);
    if (job.settings.mode !== "run") {
      await work.answer?.finish(
        { conclusion: "success", failure: undefined },
        runtime.timeline.elapsed(),
        job.settings,
      );
    }
    return report;
  } catch (error) {
    if (!(error instanceof Trouble)) {
      throw error;
    }
    // what a cancel broke off failed because of it
    const trouble = runtime.cancelled.aborted ? new Cancelled() : error;
    const message = runtime.redactor.redact(trouble.message);
    const conclusion = trouble instanceof Cancelled ? "cancelled" : "failure";
    if (job.settings.mode === "run" || work.answer !== undefined) {
      // or an older run's success would stand there, or that work goes on
      await tellGitHub(job, { conclusion, failure: { message } }, runtime, work.answer);
    }
    return endedReport(conclusion, message);
  }
}

/** Whether it was asked before there was a job, and the environment file wants nothing else. */
function isPermitted({ settings }: Job, { permitted }: Work): boolean {
  const names = ["required-permission", "allow-users", "allow-bots"] as const;
  const wants = (one: Partial<Settings>) => JSON.stringify(names.map((name) => one[name] ?? ""));
  return permitted !== undefined && wants(permitted) === wants(settings);
}

type Mode = (job: Job, runtime: Runtime, work: Work) => Promise<Report>;

/** The schema refuses modes that are not there yet. */
async function modeOf({ settings: { mode } }: Job): Promise<Mode> {
  switch (mode) {
    case "run":
      return run;
    case "prebuild":
      return prebuild;
    case "plan":
      return plan;
    case "doctor":
      return (await import("./doctor.ts")).doctor;
    default:
      throw new Error(`mode ${mode} has passed the schema and is not there`);
  }
}
