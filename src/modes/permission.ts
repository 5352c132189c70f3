import { type GitHub, githubApi } from "../github/api.ts";
import { isEnough } from "../policy/permission.ts";
import type { Job } from "../settings/load.ts";
import type { Runtime } from "./runtime.ts";

/** How long GitHub may take to answer. */
const answerMs = 20_000;

/** GitHub's API for this job; undefined where there is no token or no repository. */
export async function apiFor(
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
    return `could not read the permission of ${actor}: ${(error as Error).message}`;
  }
}
