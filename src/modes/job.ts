import { agents } from "../agents/agents.ts";
import { apiUrlOf } from "../github/client.ts";
import { type DefaultBranch, defaultBranchOf } from "../github/default-branch.ts";
import { type GitHubEvent, readEvent } from "../github/event.ts";
import type { Log } from "../log/log.ts";
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
}

async function situationOf(
  given: RawSettings,
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
  log: Pick<Log, "info" | "notice">,
): Promise<Situation> {
  const read = await readEvent(environment);
  if (read !== undefined) {
    const { event, unknown } = await withDoubt(read, given, environment, cancelled);
    if (unknown !== undefined) {
      log.info(unknown);
    }
    if (event.doubt !== undefined) {
      log.notice(
        `the code is taken for a stranger's, because ${event.doubt}. Unless the workflow says otherwise, settings and scripts come from the default branch and no image is published; build secrets are given to nothing, and files that steer an agent are the default branch's`,
      );
    }
    return { event, trust: trustIn(event), configFrom: configFromOf(event) };
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
 * @param log is told what was found out about the event, whatever becomes of the job
 * @throws BadInput before anything has been started
 */
export async function jobFor(
  given: RawSettings,
  workspace: string,
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
  log: Pick<Log, "info" | "notice">,
): Promise<{ job: Job; event: GitHubEvent | undefined }> {
  const { event, trust, configFrom } = await situationOf(given, environment, cancelled, log);
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
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): DefaultBranch {
  return defaultBranchOf({
    repository: environment.GITHUB_REPOSITORY || undefined,
    token: given["github-token"]?.value,
    apiUrl: apiUrlOf(environment),
    signal: AbortSignal.any([cancelled, AbortSignal.timeout(answerMs)]),
  });
}
