import type { GitHubEvent } from "../../github/event.ts";
import { trustOf } from "../../github/trust.ts";

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
  if (!environment.ACTIONS_RESULTS_URL || !environment.ACTIONS_RUNTIME_TOKEN) {
    const warning = `\`actions-cache: ${setting}\` has no effect: there is no Actions cache outside of GitHub Actions`;
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
    event === undefined
      ? { trusted: false, why: "nothing says which event started the job" }
      : trustOf(event.name, event.payload);
  // "read-write" is a word for events that may be trusted in this workflow; a fork never is one
  const write = trusted || (setting === "read-write" && event?.name !== "pull_request");
  return { read, write, why: write ? undefined : why };
}
