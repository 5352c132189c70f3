import { agents } from "../agents/agents.ts";
import { type DefaultBranch, defaultBranchOf } from "../github/default-branch.ts";
import { type GitHubEvent, readEvent } from "../github/event.ts";
import { type ConfigFrom, configFromOf, type Trust, trustIn } from "../policy/trust.ts";
import { type Job, loadJob } from "../settings/load.ts";
import type { RawSettings } from "../settings/raw.ts";
import { withDoubt } from "./doubt.ts";

/** How long GitHub may take to answer all that is asked for settings. */
const answerMs = 30_000;

/** What started the job, and whether it may be believed. */
interface Situation {
  readonly event: GitHubEvent | undefined;
  /** Undefined on a terminal. */
  readonly trust: Trust | undefined;
  readonly configFrom: ConfigFrom;
  /** What could not be found out about it, as a line for the log. */
  readonly unknown?: string | undefined;
}

async function situationOf(
  given: RawSettings,
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): Promise<Situation> {
  const read = await readEvent(environment);
  if (read !== undefined) {
    const { event, unknown } = await withDoubt(read, given, environment, cancelled);
    return { event, unknown, trust: trustIn(event), configFrom: configFromOf(event) };
  }
  const inActions = environment.GITHUB_ACTIONS === "true";
  const why = "nothing says which event started the job";
  return inActions
    ? { event: read, trust: { trusted: false, why }, configFrom: "default-branch" }
    : { event: read, trust: undefined, configFrom: "checkout" };
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
): Promise<{ job: Job; event: GitHubEvent | undefined; unknown: string | undefined }> {
  const { event, trust, configFrom, unknown } = await situationOf(given, environment, cancelled);
  // a word that is none is told by the schema; until then the event's own holds
  const asked = given["config-from"]?.value;
  const from = asked === "checkout" || asked === "default-branch" ? asked : configFrom;
  const defaultBranch = from === "checkout" ? undefined : filesOf(given, environment, cancelled);
  const job = await loadJob(given, workspace, environment, {
    limits: agents,
    trust,
    defaultBranch,
  });
  return { job, event, unknown };
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
