import { apiClient, apiUrlOf, isEnded, refusalOf } from "../../github/client.ts";
import type { Finding } from "../../report/doctor.ts";
import type { Look } from "./world.ts";

const about = "GitHub";

/** Seconds by which clocks may differ before signed addresses and tokens are taken for old ones. */
const farOff = 60;

/** Whether its API answers to the token, and what time it is there: one request. */
export const github: Look = {
  about,
  at: async ({ environment, job, signal }) => {
    const token = job.settings["github-token"];
    const repository = environment.GITHUB_REPOSITORY;
    if (!token || !repository) {
      const what = repository
        ? "there is no `github-token`"
        : "there is no repository to ask about";
      return [{ about, state: "ok", says: `its API is not asked: ${what}` }];
    }
    const apiUrl = apiUrlOf(environment);
    try {
      const api = await apiClient({ repository, token, apiUrl, signal });
      const { date } = await api.call("GET /repos/{owner}/{repo}");
      const reached: Finding = { about, state: "ok", says: `${apiUrl} answers for ${repository}` };
      return [reached, ...clock(date, Date.now())];
    } catch (error) {
      return [refused(apiUrl, error)];
    }
  },
};

function refused(apiUrl: string, error: unknown): Finding {
  const { status, why } = refusalOf(error);
  if (isEnded(error) || status === undefined || status >= 500) {
    const said = isEnded(error) ? "did not answer in time" : `cannot be asked: ${why}`;
    const next = "check the network and the proxy of this machine";
    return { about, state: "problem", says: `${apiUrl} ${said}`, next };
  }
  return {
    about,
    state: "problem",
    says: `${apiUrl} answers ${status}: ${why}`,
    next: "give the job `contents: read`, or another `github-token`",
  };
}

/** @param date as an HTTP header has it */
export function clock(date: string | undefined, now: number): readonly Finding[] {
  const off = Math.round((now - Date.parse(date ?? "")) / 1000);
  return Math.abs(off) > farOff
    ? [
        {
          about: "clock",
          state: "problem",
          says: `it is ${Math.abs(off)} s ${off > 0 ? "ahead of" : "behind"} GitHub's`,
          next: "set this machine's clock: certificates, tokens and the cache's addresses are valid for a time only",
        },
      ]
    : [];
}
