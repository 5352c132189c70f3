import { appendFile } from "node:fs/promises";
import * as core from "@actions/core";
import { dockerCli } from "./engine/cli.ts";
import { standardOutputLog } from "./log/log.ts";
import { removeLeftovers } from "./modes/leftovers.ts";
import { carryOut } from "./modes/modes.ts";
import { createRuntime, disposeRuntime, newRunId, runFolder } from "./modes/runtime.ts";
import { explainFailure } from "./report/failure.ts";
import type { Report } from "./report/report.ts";
import { readInputs } from "./settings/inputs.ts";
import { type Job, loadJob } from "./settings/load.ts";
import { runLabel } from "./task/argv.ts";
import { rescue } from "./task/task.ts";
import { takeBack } from "./task/workspace/shared.ts";

// The action's entry, for main and for post: the runner starts the same file twice. This is the only
// place that fails the step.

const log = standardOutputLog(true);

async function main(): Promise<void> {
  const cancelled = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => cancelled.abort());
  }
  const { env } = process;
  const job = await loadJob(readInputs(env), env.GITHUB_WORKSPACE ?? process.cwd(), env);
  for (const secret of [...job.secrets.map(({ value }) => value), ...secretsOf(job)]) {
    log.mask(secret);
  }
  for (const warning of job.warnings) {
    log.warning(warning);
  }
  const runId = newRunId();
  const folder = runFolder(env, runId);
  core.saveState("runId", runId);
  try {
    const runtime = await createRuntime({
      job,
      log,
      runId,
      environment: env,
      cancelled: cancelled.signal,
      remember: core.saveState,
    });
    await finish(await carryOut(job, runtime));
  } finally {
    await disposeRuntime(folder);
  }
  core.saveState("ended", "true");
}

/** Secrets among the settings; the job's own token is masked by the runner already. */
function secretsOf({ settings }: Job): readonly string[] {
  const password = settings["registry-password"];
  return password === undefined ? [] : [password];
}

async function finish(report: Report): Promise<void> {
  for (const [name, value] of Object.entries(report.outputs)) {
    core.setOutput(name, value);
  }
  if (process.env.GITHUB_STEP_SUMMARY) {
    await appendFile(process.env.GITHUB_STEP_SUMMARY, report.summary);
  }
  if (report.failure !== undefined) {
    log.error(report.failure.message, report.failure);
    process.exitCode = 1;
  }
}

/** Removes what a killed main process left behind; one that ended by itself left nothing, if it could. */
async function post(runId: string): Promise<void> {
  const ended = core.getState("ended") === "true" && core.getState("container") === "";
  const owed = JSON.parse(core.getState("takeBack") || "null");
  // without an id main stopped before it started anything
  if (runId === "" || (ended && owed === null)) {
    return;
  }
  const docker = dockerCli(process.env);
  const folder = runFolder(process.env, runId);
  const elsewhere = JSON.parse(core.getState("elsewhere") || "null");
  if (elsewhere !== null) {
    const wrong = await rescue(docker, runId, elsewhere, folder);
    if (wrong === undefined) {
      log.notice("what the task had changed when the step was killed has been copied back");
    } else {
      log.warning(wrong);
    }
  }
  const { found, wrong: remaining } = await removeLeftovers(docker, runId, folder);
  if (remaining !== undefined) {
    log.warning(
      `containers of this step could not be removed: ${remaining}. Remove them with: docker rm --force $(docker ps --all --quiet --filter label=${runLabel}=${runId})`,
    );
  } else if (found > 0) {
    log.notice(`${found} container of this step was still there and has been removed`);
  }
  const wrong = owed === null ? undefined : await takeBack(docker, owed, runId);
  if (wrong !== undefined) {
    log.warning(wrong);
  }
}

async function start(): Promise<void> {
  core.saveState("isPost", "true");
  await main();
}

const runId = core.getState("runId");
try {
  await (core.getState("isPost") === "true" ? post(runId) : start());
} catch (error) {
  for (const { message, file, line } of explainFailure(error)) {
    log.error(message, { file, line });
  }
  process.exitCode = 1;
}

// a request to a registry may still be waiting for its next attempt; nothing needs its answer now
process.exit();
