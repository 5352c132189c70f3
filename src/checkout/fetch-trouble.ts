import { lastLine } from "../log/text.ts";
import { Trouble } from "../log/trouble.ts";

/** What a failed fetch means for what is tried next. */
export type FetchFailure = "no such commit" | "no such ref" | "refused" | "passing" | "other";

/** The head cannot be had; the message is for people. */
export class NotFetched extends Trouble {
  readonly failure: FetchFailure;

  constructor(message: string, failure: FetchFailure) {
    super(message);
    this.failure = failure;
  }
}

/** What the server says to who may not read, and what git does then; in the language C. */
const refusals = {
  unknown: /could not read Username|Authentication failed|returned error: 401/,
  forbidden: /returned error: 403|Write access to repository not granted/,
  hidden: /returned error: 404|repository '[^']*' not found|Repository not found/,
};
const busy = /returned error: (?:429|5\d\d)/;
const network =
  /Could not resolve host|Connection (?:reset|timed out|refused)|Failed to connect|early EOF|unexpected disconnect|hung up unexpectedly/i;

/** Reads git's words. Pure. */
export function fetchFailure(said: string): FetchFailure {
  if (/not our ref|unadvertised object/.test(said)) {
    return "no such commit";
  }
  if (/couldn't find remote ref/.test(said)) {
    return "no such ref";
  }
  if (Object.values(refusals).some((words) => words.test(said))) {
    return "refused";
  }
  return busy.test(said) || network.test(said) ? "passing" : "other";
}

/** What a failed fetch means for people, in a sentence. Pure. */
export function tellFetchTrouble(
  said: string,
  { repository, serverUrl, hasToken }: { repository: string; serverUrl: string; hasToken: boolean },
): string {
  const what = `\`checkout: head\` could not bring the pull request's head from ${repository}`;
  const allow =
    "give the job `permissions: contents: read`, or a `github-token` that may read the repository";
  if (refusals.unknown.test(said)) {
    const why = hasToken ? "does not take the token" : "asks for a login, and there is no token";
    return `${what}: ${serverUrl} ${why}; ${allow}`;
  }
  if (refusals.forbidden.test(said)) {
    return `${what}: ${serverUrl} refuses it (403); ${allow}`;
  }
  if (refusals.hidden.test(said)) {
    return `${what}: ${serverUrl} has no such repository for this token (404); ${allow}`;
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return `${what}: the runner's disk is full; free some of it in an earlier step, or give a smaller \`fetch-depth\``;
  }
  if (busy.test(said)) {
    return `${what}: ${serverUrl} has trouble of its own (${lastLine(said)}); run the job again`;
  }
  return `${what}: ${lastLine(said)}`;
}
