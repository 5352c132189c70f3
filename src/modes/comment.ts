import { askingComment, keepComment, pullRequestNumber } from "../github/comment.ts";
import { commentBody, commentKey, type Told } from "../report/comment.ts";
import type { Job } from "../settings/load.ts";
import { apiFor } from "./permission.ts";
import type { Runtime } from "./runtime.ts";

/** How long GitHub may take to answer all that is asked of it here. */
const answerMs = 20_000;
/** The same once the step is cancelled: the runner ends it soon, whether it is done or not. */
const lastWordMs = 2_000;

/** Ends what is asked of GitHub; a cancel leaves it a moment, in which the comment may still say so. */
export function commentLimit(cancelled: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const endIn = (ms: number) => setTimeout(() => limit.abort(), ms).unref();
  endIn(cancelled.aborted ? lastWordMs : answerMs);
  cancelled.addEventListener("abort", () => endIn(lastWordMs), { once: true });
  return limit.signal;
}

/** `comment: true`: tells the pull request how the run ended. Never fails: a comment is a courtesy. */
export async function commentOn(job: Job, told: Told, runtime: Runtime): Promise<void> {
  const { event, log, environment, timeline } = runtime;
  const number = event === undefined ? undefined : pullRequestNumber(event);
  if (!job.settings.comment) {
    return;
  }
  if (number === undefined) {
    log.notice("no comment was written: the event does not belong to a pull request");
    return;
  }
  const limit = commentLimit(runtime.cancelled);
  try {
    const github = await apiFor(job, runtime, limit);
    if (github === undefined) {
      log.warning("no comment was written: there is no `github-token`");
      return;
    }
    const body = commentBody(job, told, timeline.elapsed(), environment);
    // who wants one comment for all gets one, whoever asked
    const asking = job.settings.comment === "sticky" ? undefined : event && askingComment(event);
    const key = commentKey(environment, job.settings, asking);
    await keepComment(github, number, key, body);
  } catch (error) {
    const why = limit.aborted ? "GitHub did not answer in time" : whyNotWritten(error);
    log.warning(`the comment could not be written: ${why}`);
  }
}

/** GitHub's words, and the permission where that is what GitHub means. */
export function whyNotWritten(error: unknown, permission = "pull-requests: write"): string {
  const { message, status } = error as Error & { status?: unknown };
  // what a token may not see is not there
  return status === 403 || status === 404
    ? `${message}. The token needs \`${permission}\``
    : message;
}
