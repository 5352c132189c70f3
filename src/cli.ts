#!/usr/bin/env node
import { standardOutputLog } from "./log/log.ts";
import { createRedactor } from "./log/redactor.ts";
import { live, withFailuresTold } from "./modes/life.ts";
import { readFlags } from "./settings/flags.ts";
import { helpText } from "./settings/help.ts";

// The same modes from a terminal: agent-runner [MODE] [--setting value]…, in the folder that is the
// workspace. Its exit code is the task's own.

const redactor = createRedactor();
const log = standardOutputLog(false, redactor);

process.noDeprecation = true; // of Node.js, for those who wrote a dependency: behind a proxy there is one

await withFailuresTold(log, async () => {
  const { settings, help } = readFlags(process.argv.slice(2));
  if (help) {
    process.stdout.write(helpText());
    return;
  }
  const { report, folder } = await live({
    given: settings,
    workspace: process.cwd(),
    environment: process.env,
    log,
    redactor,
    remember: () => {},
  });
  if (report.failure !== undefined) {
    log.error(report.failure.message, report.failure);
  }
  if (settings.mode?.value !== "doctor") {
    log.info(`transcript and artifacts: ${folder}`);
  }
  process.exitCode = report.exitCode;
});
