import { trustsMore } from "../network/authorities.ts";

/** Loads the package that speaks to GitHub: only where it is used, since it is the largest of the dependencies. */
export async function octokitFor(token: string, apiUrl: string, signal: AbortSignal) {
  const { getOctokit } = await import("@actions/github");
  const octokit = getOctokit(token, { baseUrl: apiUrl, request: { signal } });
  octokit.hook.wrap("request", async (ask, options) => {
    try {
      return await ask(options);
    } catch (error) {
      if (!(await trustsMore(error))) {
        throw error;
      }
      return ask(options); // nothing was sent: it failed before
    }
  });
  return octokit;
}
