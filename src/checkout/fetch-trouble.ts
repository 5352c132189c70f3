import { lastLine } from "../log/text.ts";

/** What a failed fetch means for what is tried next. */
export type FetchFailure = "no such commit" | "no such ref" | "other";

/** Reads git's words, in the language C. Pure. */
export function fetchFailure(said: string): FetchFailure {
  if (/not our ref|unadvertised object/.test(said)) {
    return "no such commit";
  }
  return /couldn't find remote ref/.test(said) ? "no such ref" : "other";
}

/** What a failed fetch means for people, in a sentence. Pure. */
export function tellFetchTrouble(
  said: string,
  { repository, serverUrl, hasToken }: { repository: string; serverUrl: string; hasToken: boolean },
): string {
  const what = `\`checkout: head\` could not bring the pull request's head from ${repository}`;
  const allow =
    "give the job `permissions: contents: read`, or a `github-token` that may read the repository";
  if (/could not read Username|Authentication failed|returned error: 401/.test(said)) {
    const why = hasToken ? "does not take the token" : "asks for a login, and there is no token";
    return `${what}: ${serverUrl} ${why}; ${allow}`;
  }
  if (/returned error: 403|Write access to repository not granted/.test(said)) {
    return `${what}: ${serverUrl} refuses it (403); ${allow}`;
  }
  if (/returned error: 404|repository '[^']*' not found|Repository not found/.test(said)) {
    return `${what}: ${serverUrl} has no such repository for this token (404); ${allow}`;
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return `${what}: the runner's disk is full; free some of it in an earlier step, or give a smaller \`fetch-depth\``;
  }
  if (/returned error: (?:429|5\d\d)/.test(said)) {
    return `${what}: ${serverUrl} has trouble of its own (${lastLine(said)}); run the job again`;
  }
  return `${what}: ${lastLine(said)}`;
}
