import { type Api, apiClient, apiUrlOf } from "../github/client.ts";
import type { Settings } from "../settings/schema.ts";

/**
 * GitHub's API for this step; undefined where there is no token or no repository.
 *
 * @param signals each of them ends every request
 */
export async function apiOf(
  { "github-token": token }: Partial<Settings>,
  environment: NodeJS.ProcessEnv,
  ...signals: AbortSignal[]
): Promise<Api | undefined> {
  const { GITHUB_REPOSITORY: repository } = environment;
  return token === undefined || !repository
    ? undefined
    : apiClient({
        ...{ repository, token, apiUrl: apiUrlOf(environment) },
        ...{ signal: AbortSignal.any(signals), retryAfterMs: 500 },
      });
}
