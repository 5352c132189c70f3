import { type GitHub, githubApi } from "../github/api.ts";
import { apiUrlOf } from "../github/client.ts";
import { reasonOf } from "../log/trouble.ts";
import { isEnough, type Level, levelOf } from "../policy/permission.ts";
import { defaultPermission, isNamed, type Starter, startersOf } from "../policy/starters.ts";
import type { Settings } from "../settings/schema.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

/** How long GitHub may take to answer. */
const answerMs = 20_000;

/** Who asks: a job, or what is known before there is one. */
interface Asking {
  readonly settings: Partial<Settings>;
}
type Starting = Pick<Runtime, "event" | "environment" | "cancelled">;

/** GitHub's API for this job; undefined where there is no token or no repository. */
export async function apiFor(
  { settings }: Asking,
  { environment }: Pick<Runtime, "environment">,
  limit: AbortSignal,
): Promise<GitHub | undefined> {
  const { GITHUB_REPOSITORY: repository } = environment;
  const token = settings["github-token"];
  return token === undefined || !repository
    ? undefined
    : githubApi(token, repository, apiUrlOf(environment), limit);
}

/**
 * Whether everybody who has caused the run may do so. What cannot be found out is not allowed. Answers why not.
 *
 * @param limit ends what GitHub is asked; the step's own cancel does, too
 * @throws Cancelled
 */
export async function whyNotPermitted(
  job: Asking,
  runtime: Starting,
  limit: AbortSignal = AbortSignal.timeout(answerMs),
): Promise<string | undefined> {
  const { event, environment, cancelled } = runtime;
  const given = job.settings["required-permission"];
  const required = given ?? (event ? defaultPermission(event) : withoutEvent(environment));
  if (required === undefined || required === "none") {
    return undefined;
  }
  const starters = startersOf(event, environment);
  const signal = AbortSignal.any([cancelled, limit]);
  const reasons =
    typeof starters === "string"
      ? [starters]
      : await refusals(starters, required, job, runtime, signal);
  if (cancelled.aborted) {
    throw new Cancelled();
  }
  if (reasons.length === 0) {
    return undefined;
  }
  const fromDefault =
    given === undefined && event !== undefined
      ? [`\`required-permission\` is \`${required}\` for \`${event.name}\` unless it is given`]
      : [];
  return [...reasons, ...fromDefault].join(". ");
}

/** In a job whose event nobody knows anybody may have caused it; on a terminal it is its user. */
function withoutEvent({ GITHUB_ACTIONS: inActions }: NodeJS.ProcessEnv): Level | undefined {
  return inActions === "true" ? "write" : undefined;
}

async function refusals(
  starters: readonly Starter[],
  required: Level,
  job: Asking,
  runtime: Starting,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { "allow-users": users = [], "allow-bots": bots = [] } = job.settings;
  const people = starters.filter(({ isBot }) => !isBot);
  const toAsk = people.filter((starter) => !isNamed(starter, users));
  const refusedBots = starters.filter((starter) => starter.isBot && !isNamed(starter, bots));
  const github = toAsk.length === 0 ? undefined : await apiFor(job, runtime, signal);
  const answers = await Promise.all(
    toAsk.map(async (starter) => {
      if (github === undefined) {
        return whyNotAsked(starter, job);
      }
      try {
        const has = await github.permissionOf(starter.login);
        if (has.isBot) {
          return isNamed(starter, bots) ? undefined : notNamed(starter);
        }
        return isEnough(levelOf(has), required)
          ? undefined
          : `${starter.login} has the permission \`${levelOf(has)}\` here, and \`${required}\` is required. Who has it can start the run; \`allow-users\` lets single people do so`;
      } catch (error) {
        return `the permission of ${starter.login} could not be read: ${unread(error, signal)}`;
      }
    }),
  );
  return [...refusedBots.map(notNamed), ...answers.flatMap((answer) => answer ?? [])];
}

function notNamed({ login }: Starter): string {
  return `${login} is a bot that \`allow-bots\` does not name`;
}

function whyNotAsked({ login }: Starter, { settings }: Asking): string {
  const missing =
    settings["github-token"] === undefined
      ? "there is no `github-token`; give one"
      : "`GITHUB_REPOSITORY` is not set";
  return `the permission of ${login} could not be read: ${missing}`;
}

/** Why GitHub did not tell, and what helps. */
function unread(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) {
    return "GitHub did not answer in time. Run the job again";
  }
  const { status } = error as { status?: unknown };
  const why = reasonOf(error);
  if (status === 404) {
    return `${why}. Either there is no such user, or the \`github-token\` may not see the repository`;
  }
  return status === 401 || (status === 403 && !/rate limit/i.test(why))
    ? `${why}. The \`github-token\` has to be valid, and to be able to read the repository's metadata`
    : `${why}. Run the job again`;
}
