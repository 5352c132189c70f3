import { type GitHub, githubApi } from "../github/api.ts";
import { commentKey, keepComment, pullRequestNumber } from "../github/comment.ts";
import type { StartImage } from "../images/ladder.ts";
import { duration } from "../log/text.ts";
import { isEnough } from "../policy/permission.ts";
import { code } from "../report/summary.ts";
import type { Job } from "../settings/load.ts";
import type { TaskResult } from "../task/ends.ts";
import type { Runtime } from "./runtime.ts";

/** How long GitHub may take to answer all that is asked of it here. */
const answerMs = 20_000;
/** The same once the step is cancelled: the runner ends it soon, whether it is done or not. */
const lastWordMs = 2_000;

/** Ends what is asked of GitHub; a cancel leaves it a moment, in which the comment may still say so. */
function commentLimit(cancelled: AbortSignal): AbortSignal {
  const limit = new AbortController();
  const endIn = (ms: number) => setTimeout(() => limit.abort(), ms).unref();
  endIn(cancelled.aborted ? lastWordMs : answerMs);
  cancelled.addEventListener("abort", () => endIn(lastWordMs), { once: true });
  return limit.signal;
}

/** GitHub's API for this job; undefined where there is no token or no repository. */
async function apiFor(
  { settings }: Job,
  { environment }: Runtime,
  limit: AbortSignal,
): Promise<GitHub | undefined> {
  const { GITHUB_REPOSITORY: repository, GITHUB_API_URL: url } = environment;
  const token = settings["github-token"];
  return token === undefined || !repository
    ? undefined
    : githubApi(token, repository, url || "https://api.github.com", limit);
}

/** What a comment tells of a run; there is no image and no exit code where the run ended before its task. */
export interface Told extends Pick<TaskResult, "conclusion" | "failure"> {
  readonly image?: StartImage;
  readonly exitCode?: number;
}

/** `comment: true`: tells the pull request how the run ended. Never fails: a comment is a courtesy. */
export async function commentOn(job: Job, told: Told, runtime: Runtime): Promise<void> {
  const { event, log, environment, timeline } = runtime;
  const number = event === undefined ? undefined : pullRequestNumber(event);
  if (!job.settings.comment) {
    return;
  }
  if (number === undefined) {
    log.notice("there is no comment, because the event is about no pull request");
    return;
  }
  const limit = commentLimit(runtime.cancelled);
  try {
    const github = await apiFor(job, runtime, limit);
    if (github === undefined) {
      log.warning("there is no comment, because there is no `github-token`");
      return;
    }
    const body = commentBody(job, told, timeline.elapsed(), environment);
    await keepComment(github, number, commentKey(environment, job.settings), body);
  } catch (error) {
    const why = limit.aborted ? "GitHub did not answer in time" : whyNotWritten(error);
    log.warning(`the comment could not be written: ${why}`);
  }
}

/** GitHub's words, and the permission where that is what GitHub means. */
function whyNotWritten(error: unknown): string {
  const { message, status } = error as Error & { status?: unknown };
  // what a token may not see is not there
  return status === 403 || status === 404
    ? `${message}. The token needs \`pull-requests: write\``
    : message;
}

function commentBody(
  { settings }: Job,
  { conclusion, exitCode, failure, image }: Told,
  ms: number,
  environment: NodeJS.ProcessEnv,
): string {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
  } = environment;
  const what = settings.agent ?? "a command";
  const lines = [
    `**Agent Runner: ${conclusion}**`,
    "",
    exitCode === undefined
      ? `- did not run: ${what}, ${duration(ms)} in all`
      : `- ran: ${what}, exit code ${exitCode}, ${duration(ms)} in all`,
  ];
  if (image !== undefined) {
    lines.push(`- image: ${code(image.reference)} (${image.source})`);
  }
  if (failure !== undefined) {
    lines.push(`- why: ${code(failure.message)}`);
  }
  if (server && repository && run) {
    lines.push(`- [the run](${server}/${repository}/actions/runs/${run})`);
  }
  return lines.join("\n");
}

/**
 * `required-permission`: whether whoever caused the event may do what is asked for. What cannot be
 * found out is not allowed. Answers why not.
 */
export async function whyNotPermitted(job: Job, runtime: Runtime): Promise<string | undefined> {
  const required = job.settings["required-permission"];
  const { GITHUB_ACTOR: actor } = runtime.environment;
  if (required === undefined) {
    return undefined;
  }
  if (!actor) {
    return "`required-permission` needs GitHub's `GITHUB_ACTOR`, which is not set";
  }
  try {
    const limit = AbortSignal.any([runtime.cancelled, AbortSignal.timeout(answerMs)]);
    const github = await apiFor(job, runtime, limit);
    const has = (await github?.permissionOf(actor)) ?? "none";
    return isEnough(has, required)
      ? undefined
      : `${actor} has the permission \`${has}\`, and \`${required}\` is required`;
  } catch (error) {
    return `the permission of ${actor} could not be found out: ${(error as Error).message}`;
  }
}
