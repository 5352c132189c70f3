import type { GitHubEvent } from "../github/event.ts";
import { askOf, type Listened, triggersOf } from "../policy/ask.ts";
import type { Report } from "../report/report.ts";
import { skippedReport } from "../report/run-report.ts";
import { checkEach } from "../settings/check.ts";
import type { Settings } from "../settings/schema.ts";
import { type Desk, noWork, type Work } from "./work.ts";

// What comes before there is a job: whether somebody asks, may ask, and about what; the answer's first word, and the tree
// that is worked on.

/**
 * Finds out what is worked on, or that nothing is: then with the report that says why.
 *
 * @throws what is a bug
 */
export async function beginWork(desk: Desk): Promise<Work | Report> {
  const { given, event, log } = desk;
  const { settings, problems } = checkEach(given);
  const listened = listen(settings, event);
  if (listened !== undefined && listened.ask === undefined) {
    log.info(`skipped: ${listened.why}`);
    return skippedReport(listened.why);
  }
  const isWrong = problems.length > 0;
  if (listened === undefined && (isWrong || settings.checkout !== "head")) {
    return noWork; // what is wrong is told with all the rest
  }
  const { arrangeWork } = await import("./arrange.ts");
  return arrangeWork(desk, settings, listened, isWrong);
}

/** Undefined where the step does not wait to be asked. */
function listen(settings: Partial<Settings>, event: GitHubEvent | undefined): Listened | undefined {
  const triggers = triggersOf(
    settings["trigger-phrase"],
    settings["trigger-label"],
    settings["trigger-assignee"],
  );
  return triggers && askOf(triggers, event);
}
