#!/usr/bin/env node
import { standardOutputLog } from "./log/log.ts";
import { carryOut } from "./modes/modes.ts";
import { createRuntime, disposeRuntime, newRunId, runFolder } from "./modes/runtime.ts";
import { explainFailure } from "./report/failure.ts";
import type { Report } from "./report/report.ts";
import { readFlags } from "./settings/flags.ts";
import { loadJob } from "./settings/load.ts";
import { about, settingNames } from "./settings/schema.ts";
import { groups } from "./settings/types.ts";

// The same modes from a terminal: agent-runner [MODE] [--setting value]…, in the folder that is the
// workspace. Its exit code is the task's own.

const log = standardOutputLog(false);

async function main(): Promise<void> {
  const { settings, help } = readFlags(process.argv.slice(2));
  if (help) {
    printHelp();
    return;
  }
  const cancelled = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => cancelled.abort());
  }
  const job = await loadJob(settings, process.cwd(), process.env);
  for (const warning of job.warnings) {
    log.warning(warning);
  }
  const runId = newRunId();
  const folder = runFolder(process.env, runId);
  const options = {
    job,
    log,
    runId,
    environment: process.env,
    cancelled: cancelled.signal,
    remember: () => {},
  };
  let report: Report;
  try {
    report = await carryOut(job, await createRuntime(options));
  } finally {
    await disposeRuntime(folder);
  }
  if (report.failure !== undefined) {
    log.error(report.failure.message, report.failure);
  }
  log.info(`transcript and artifacts: ${folder}`);
  process.exitCode = report.exitCode;
}

function printHelp(): void {
  const lines = ["agent-runner [MODE] [--SETTING VALUE]…", ""];
  for (const group of groups) {
    lines.push(`${group}:`);
    for (const name of settingNames.filter((setting) => about(setting).group === group)) {
      const { description, default: fallback } = about(name);
      lines.push(`  --${name}${fallback === undefined ? "" : ` (${fallback})`}`);
      lines.push(`      ${description.replaceAll("`", "")}`);
    }
    lines.push("");
  }
  process.stdout.write(lines.join("\n"));
}

try {
  await main();
} catch (error) {
  for (const { message, file, line } of explainFailure(error)) {
    log.error(message, { file, line });
  }
  process.exitCode = 1;
}
