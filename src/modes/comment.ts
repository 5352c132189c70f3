import { type GitHub, githubApi } from "../github/api.ts";
import { keepComment, pullRequestNumber } from "../github/comment.ts";
import { isEnough } from "../github/permission.ts";
import type { StartImage } from "../images/ensure.ts";
import { asText, code } from "../report/summary.ts";
import { duration } from "../report/text.ts";
import type { Job } from "../settings/load.ts";
import type { TaskResult } from "../task/conclusion.ts";
import type { Runtime } from "./runtime.ts";

/** How long GitHub may take to answer all that is asked of it here. */
const answerMs = 20_000;

/** GitHub's API for this job; undefined where there is no token or no repository. */
async function apiFor(
  { settings }: Job,
  { environment, cancelled }: Runtime,
): Promise<GitHub | undefined> {
  const { GITHUB_REPOSITORY: repository, GITHUB_API_URL: url } = environment;
  const token = settings["github-token"];
  return token === undefined || !repository
    ? undefined
    : githubApi(
        token,
        repository,
        url || "https://api.github.com",
        AbortSignal.any([cancelled, AbortSignal.timeout(answerMs)]),
      );
}

/** `comment: true`: tells the pull request how the task ended. Never fails: a comment is a courtesy. */
export async function commentOn(
  job: Job,
  image: StartImage,
  result: TaskResult,
  runtime: Runtime,
): Promise<void> {
  const { event, log, environment, timeline } = runtime;
  const number = event === undefined ? undefined : pullRequestNumber(event);
  if (!job.settings.comment) {
    return;
  }
  if (number === undefined) {
    log.notice("there is no comment, because the event is about no pull request");
    return;
  }
  try {
    const github = await apiFor(job, runtime);
    if (github === undefined) {
      log.warning("there is no comment, because there is no `github-token`");
      return;
    }
    const body = commentBody(job, image, result, timeline.elapsed(), environment);
    await keepComment(github, number, environment.GITHUB_JOB ?? "job", body);
  } catch (error) {
    log.warning(
      `the comment could not be written: ${(error as Error).message}. The token needs \`pull-requests: write\``,
    );
  }
}

function commentBody(
  { settings }: Job,
  image: StartImage,
  result: TaskResult,
  ms: number,
  environment: NodeJS.ProcessEnv,
): string {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
  } = environment;
  const lines = [
    `**Agent Runner: ${result.conclusion}**`,
    "",
    `- ran: ${settings.agent ?? "a command"}, exit code ${result.exitCode}, ${duration(ms)} in all`,
    `- image: ${code(image.reference)} (${image.source})`,
  ];
  if (result.failure !== undefined) {
    lines.push(`- why: ${asText(result.failure.message)}`);
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
    const github = await apiFor(job, runtime);
    const has = (await github?.permissionOf(actor)) ?? "none";
    return isEnough(has, required)
      ? undefined
      : `${actor} has the permission \`${has}\`, and \`${required}\` is required`;
  } catch (error) {
    return `the permission of ${actor} could not be found out: ${(error as Error).message}`;
  }
}
