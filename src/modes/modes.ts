import type { Report } from "../report/report.ts";
import type { Job } from "../settings/load.ts";
import { plan } from "./plan.ts";
import { prebuild } from "./prebuild.ts";
import { run } from "./run.ts";
import type { Runtime } from "./runtime.ts";

/** Carries a job out by its mode. The schema refuses modes that are not there yet. */
export function carryOut(job: Job, runtime: Runtime): Promise<Report> {
  switch (job.settings.mode) {
    case "run":
      return run(job, runtime);
    case "prebuild":
      return prebuild(job, runtime);
    case "plan":
      return plan(job, runtime);
    default:
      throw new Error(`mode ${job.settings.mode} has passed the schema and is not there`);
  }
}
