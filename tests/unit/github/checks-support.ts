import { apiClient } from "../../../src/github/client.ts";
import {
  type ChecksState,
  checksRoutes,
  logStorageOfTest,
  type Manner,
} from "../../harness/github/checks.ts";
import { type GitHubServer, gitHubOfTest } from "../../harness/github/server.ts";

export const commit = "a".repeat(40);

/** A commit at which nothing has run. */
export const quiet: ChecksState = { commit, checkRuns: [], statuses: [], runs: [] };

/** The API of a repository with these checks, and where its logs lie. */
export async function apiWith(
  state: Partial<ChecksState>,
  manner: Manner = "plain",
  signal: AbortSignal = AbortSignal.timeout(20_000),
) {
  const whole = { ...quiet, ...state };
  const storage = await logStorageOfTest(whole, manner);
  const server: GitHubServer = await gitHubOfTest(
    checksRoutes(whole, () => server.url, storage.url),
  );
  const access = { repository: "Octo-Org/Demo", token: "ghs_secret", apiUrl: server.url, signal };
  return { api: await apiClient(access), server, storage };
}

export const denied = {
  status: 403,
  body: { message: "Resource not accessible by integration" },
};
