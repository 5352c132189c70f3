import { getProxyUrl } from "@actions/http-client/lib/proxy";
import { trustsMore } from "../network/authorities.ts";

/** Loads the package that speaks to GitHub: only where it is used, since it is the largest of the dependencies. */
export async function octokitFor(token: string, apiUrl: string, signal: AbortSignal) {
  const { getOctokit } = await import("@actions/github");
  const request = { signal, ...(await wayOut(apiUrl)) };
  const octokit = getOctokit(token, { baseUrl: apiUrl, request });
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

/** The package knows the step's proxies, and forgets them with any option of ours for its requests. */
async function wayOut(apiUrl: string): Promise<object> {
  if (getProxyUrl(new URL(apiUrl)) === undefined) {
    return {};
  }
  const { defaults } = await import("@actions/github/lib/utils");
  return { fetch: defaults.request?.fetch };
}
