import { type Api, apiClient } from "../github/client.ts";
import type { Settings } from "../settings/schema.ts";

/**
 * GitHub's API for this step; undefined where there is no token or no repository.
 *
 * @param signals each of them ends every request
 */
export async function apiOf(
  { "github-token": token }: Partial<Settings>,
  { GITHUB_REPOSITORY: repository, GITHUB_API_URL: url }: NodeJS.ProcessEnv,
  ...signals: AbortSignal[]
): Promise<Api | undefined> {
  return token === undefined || !repository
    ? undefined
    : apiClient({
        ...{ repository, token, apiUrl: url || "https://api.github.com" },
        ...{ signal: AbortSignal.any(signals), retryAfterMs: 500 },
      });
}
