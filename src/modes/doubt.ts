import { refusalOf } from "../github/client.ts";
import type { GitHubEvent } from "../github/event.ts";
import { unmergedMessages } from "../github/unmerged-commits.ts";
import {
  agentsWord,
  isAgentsBranch,
  isAgentsMessage,
  unmergedOf,
} from "../policy/agent-written.ts";
import { trustIn } from "../policy/trust.ts";
import type { RawSettings } from "../settings/raw.ts";
import { apiOf } from "./api.ts";

// An event of this repository's own is trusted, unless an agent wrote what it is about.

/** How long GitHub may take to answer. */
const answerMs = 10_000;

/** Inputs by which it makes a difference whether the code in the workspace is trusted. */
function dependsOnTrust(name: string): boolean {
  return (
    /-file$|^agent|^cache|^actions-cache$|^registry$|^build-secrets$|^environment$/.test(name) ||
    name === "mode"
  );
}

/**
 * The event, with what there is to doubt about its head. Without a token nothing is asked, and the event alone decides; so
 * it does where GitHub cannot be reached or knows no such branch. Where it answers and does not tell, nothing is trusted.
 *
 * @returns also what could not be found out, as a line for the log
 */
export async function withDoubt(
  event: GitHubEvent,
  given: RawSettings,
  environment: NodeJS.ProcessEnv,
  cancelled: AbortSignal,
): Promise<{ readonly event: GitHubEvent; readonly unknown: string | undefined }> {
  const doubting = (doubt: string | undefined) => ({
    event: doubt === undefined ? event : { ...event, doubt },
    unknown: undefined,
  });
  const unmerged = trustIn(event).trusted ? unmergedOf(event, environment.GITHUB_SHA) : undefined;
  if (unmerged === undefined || !Object.keys(given).some(dependsOnTrust)) {
    return doubting(undefined);
  }
  if (isAgentsBranch(unmerged)) {
    return doubting(agentsWord);
  }
  try {
    const late = AbortSignal.timeout(answerMs);
    const settings = { "github-token": given["github-token"]?.value };
    const api = await apiOf(settings, environment, cancelled, late);
    if (api === undefined) {
      return doubting(undefined);
    }
    const messages = await unmergedMessages(api, unmerged.base, unmerged.head);
    return doubting(messages.some(isAgentsMessage) ? agentsWord : undefined);
  } catch (error) {
    const { status, why } = refusalOf(error);
    const untold = `it could not be read whether an agent wrote commits of this branch (${why})`;
    // the package gives what was never answered a status of its own; what has no such branch has no checkout of it either
    const isOut = status === 404 || (status === undefined && "status" in (error as object));
    return isOut ? { event, unknown: untold } : doubting(untold);
  }
}
