import type { GitHubEvent } from "../github/event.ts";
import { type Trust, trustIn } from "./trust.ts";

/** What this run does with the Actions cache. */
export interface CacheDecision {
  readonly read: boolean;
  readonly write: boolean;
  /** Why what is built here is not saved, for the one notice about it; undefined when nobody expects it. */
  readonly why: string | undefined;
  /** Something was asked for that cannot be. */
  readonly warning?: string | undefined;
}

export type CacheSetting = "auto" | "off" | "read-only" | "read-write";

const off: CacheDecision = { read: false, write: false, why: undefined };

/**
 * Whether images are read from and saved to the Actions cache. `auto` stands in where there is no
 * registry to push to. Pure.
 *
 * @param environment the step's own
 * @param pushIsPossible whether the images of this run go to a registry
 */
export function decideCache(
  setting: CacheSetting,
  environment: NodeJS.ProcessEnv,
  pushIsPossible: boolean,
  event: GitHubEvent | undefined,
): CacheDecision {
  if (setting === "off" || (setting === "auto" && pushIsPossible)) {
    return off;
  }
  if (!hasService(environment)) {
    const warning = `\`actions-cache: ${setting}\` has no effect: this job has no Actions cache that can be used. There is none outside of GitHub Actions, and that of a GitHub Enterprise Server is of an older kind`;
    return setting === "auto" ? off : { ...off, warning };
  }
  const mode = (environment.ACTIONS_CACHE_MODE ?? "").trim().toLowerCase();
  const read = mode !== "none" && mode !== "write-only";
  if (setting === "read-only") {
    return { read, write: false, why: undefined };
  }
  if (mode === "none" || mode === "read") {
    return { read, write: false, why: `this job's cache mode is \`${mode}\`` };
  }
  const { trusted, why } =
    setting === "read-write" ? trustWhenAskedTo(event) : trustWithoutAsking(event);
  return { read, write: trusted, why: trusted ? undefined : why };
}

/**
 * Whether there is the service whose protocol `@actions/cache` 6 speaks to it, by the package's own
 * rules: elsewhere it would use an older one.
 */
function hasService(environment: NodeJS.ProcessEnv): boolean {
  const { ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: token } = environment;
  const server = environment.GITHUB_SERVER_URL || "https://github.com";
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  const ofGitHub = /(?:^github\.com|\.ghe\.com|\.localhost)$/i.test(host);
  return Boolean(url && token && environment.ACTIONS_CACHE_SERVICE_V2) && ofGitHub;
}

function trustWithoutAsking(event: GitHubEvent | undefined): Trust {
  return event === undefined
    ? { trusted: false, why: "nothing says which event started the job" }
    : trustIn(event);
}

/** Anybody may write a review of anybody's code. */
const reviews = new Set(["pull_request_review", "pull_request_review_comment"]);

/**
 * `read-write` is the workflow's word that its events may be trusted. It does not hold for what may
 * be a stranger's code: reviews, any event of a pull request that is not known to be the repository's own, and what an agent wrote.
 */
function trustWhenAskedTo(event: GitHubEvent | undefined): Trust {
  const known = trustWithoutAsking(event);
  const isDoubted = event?.doubt !== undefined;
  if (event === undefined || known.trusted || isDoubted || reviews.has(event.name)) {
    return known;
  }
  if (typeof event.payload !== "object" || event.payload === null) {
    return { trusted: false, why: "the event's payload cannot be read" };
  }
  const ofPullRequest = /^pull_request/.test(event.name) || "pull_request" in event.payload;
  return ofPullRequest
    ? trustIn({ ...event, name: "pull_request" })
    : { trusted: true, why: "`actions-cache: read-write` says so" };
}
