import { agents } from "../agents/agents.ts";
import { type DefaultBranch, defaultBranchOf } from "../github/default-branch.ts";
import { type GitHubEvent, readEvent } from "../github/event.ts";
import { type ConfigFrom, configFromOf, type Trust, trustOf } from "../policy/trust.ts";
import { type Job, loadJob } from "../settings/load.ts";
import type { RawSettings } from "../settings/raw.ts";

/** How long GitHub may take to answer all that is asked for settings. */
const answerMs = 30_000;

/** What started the job, and whether it may be believed. */
interface Situation {
  readonly event: GitHubEvent | undefined;
  /** Undefined on a terminal. */
  readonly trust: Trust | undefined;
  readonly configFrom: ConfigFrom;
}

async function situationOf(environment: NodeJS.ProcessEnv): Promise<Situation> {
  const event = await readEvent(environment);
  if (event !== undefined) {
    const { name, payload } = event;
    return { event, trust: trustOf(name, payload), configFrom: configFromOf(name, payload) };
  }
  const inActions = environment.GITHUB_ACTIONS === "true";
  const why = "nothing says which event started the job";
  return inActions
    ? { event, trust: { trusted: false, why }, configFrom: "default-branch" }
    : { event, trust: undefined, configFrom: "checkout" };
}

/**
 * The job as its event allows it.
 *
 * @throws BadInput before anything has been started
 */
export async function jobFor(
  given: RawSettings,
  workspace: string,
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): Promise<{ job: Job; event: GitHubEvent | undefined }> {
  const { event, trust, configFrom } = await situationOf(environment);
  // a word that is none is told by the schema; until then the event's own holds
  const asked = given["config-from"]?.value;
  const from = asked === "checkout" || asked === "default-branch" ? asked : configFrom;
  const defaultBranch = from === "checkout" ? undefined : filesOf(given, environment, cancelled);
  const job = await loadJob(given, workspace, environment, {
    limits: agents,
    trust,
    defaultBranch,
  });
  return { job, event };
}

/** The token is the workflow's: a file cannot say with which it is read. */
function filesOf(
  given: RawSettings,
  { GITHUB_REPOSITORY: repository, GITHUB_API_URL: url }: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): DefaultBranch {
  return defaultBranchOf({
    repository: repository || undefined,
    token: given["github-token"]?.value,
    apiUrl: url || "https://api.github.com",
    signal: AbortSignal.any([cancelled, AbortSignal.timeout(answerMs)]),
  });
}
