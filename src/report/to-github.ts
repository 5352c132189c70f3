import { appendFile } from "node:fs/promises";
import { setOutput } from "@actions/core";
import type { Log } from "../log/log.ts";
import type { Outputs } from "./outputs.ts";
import type { Report } from "./report.ts";

/** Sets outputs; of two of a name the runner takes the later one. */
export function tellOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) {
    setOutput(name, value);
  }
}

/** Hands a report to the runner: outputs, summary, and the step's own end. */
export async function reportToGitHub(
  report: Report,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<void> {
  tellOutputs(report.outputs);
  if (environment.GITHUB_STEP_SUMMARY) {
    await appendFile(environment.GITHUB_STEP_SUMMARY, report.summary);
  }
  if (report.failure !== undefined) {
    log.error(report.failure.message, report.failure);
    process.exitCode = 1;
  }
}
