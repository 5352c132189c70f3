import pRetry from "p-retry";
import { octokitFor } from "./octokit.ts";

/** Where the API is, and for whom. */
export interface ClientAccess {
  /** `owner/name` */
  readonly repository: string;
  readonly token: string;
  /** The runner's `GITHUB_API_URL`. */
  readonly apiUrl: string;
  /** Ends every request: GitHub may not answer. */
  readonly signal: AbortSignal;
  /** When what only reads is asked once more, where GitHub itself is in trouble; undefined for never. */
  readonly retryAfterMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** Where the answer is instead, for who asks not to be led there: `request: { redirect: "manual" }`. Untrusted. */
  readonly location?: string | undefined;
  /** When it was given, as the header has it. */
  readonly date?: string | undefined;
  /** Untrusted: whoever asks checks it. */
  readonly data: unknown;
}

/** GitHub's REST API for one repository. */
export interface Api {
  /** `owner/name` */
  readonly repository: string;
  /**
   * One request: `GET /repos/{owner}/{repo}/pulls/{number}`, in the words of GitHub's documentation. `owner` and `repo`
   * are this repository's unless they are given.
   *
   * @throws the package's error, with `status` and GitHub's message
   */
  call(route: string, parameters?: Readonly<Record<string, unknown>>): Promise<ApiAnswer>;
  /** A list, a page at a time, as long as somebody asks for the next. */
  pages(route: string, parameters?: Readonly<Record<string, unknown>>): AsyncIterable<unknown[]>;
}

/** Where the API is, by the step's environment. */
export function apiUrlOf({ GITHUB_API_URL: url }: NodeJS.ProcessEnv): string {
  return url || "https://api.github.com";
}

export async function apiClient(access: ClientAccess): Promise<Api> {
  const { repository, token, apiUrl, signal, retryAfterMs } = access;
  const octokit = await octokitFor(token, apiUrl, signal);
  const [owner = "", repo = ""] = repository.split("/");
  return {
    repository,
    async call(route, parameters = {}) {
      const ask = () => octokit.request(route, { owner, repo, ...parameters });
      const again = route.startsWith("GET ") && retryAfterMs !== undefined;
      const answer = again ? await twice(ask, retryAfterMs, signal) : await ask();
      const { status, data, headers } = answer;
      return { status, data, location: headers.location, date: headers.date };
    },
    async *pages(route, parameters = {}) {
      const all = octokit.paginate.iterator(route, { owner, repo, per_page: 100, ...parameters });
      for await (const { data } of all) {
        yield data as unknown[];
      }
    },
  };
}

/** Asks once more where GitHub itself is in trouble, or cannot be reached. */
export function twice<T>(ask: () => Promise<T>, afterMs: number, signal: AbortSignal): Promise<T> {
  return pRetry(ask, {
    ...{ retries: 1, minTimeout: afterMs, signal },
    shouldRetry: ({ error }) => !signal.aborted && mayPass(error),
  });
}

/** Trouble of GitHub's, or on the way to it, for which octokit says 500. */
function mayPass(error: Error): boolean {
  const { status = 0 } = error as { status?: number };
  return status === 429 || status >= 500;
}

/** What GitHub said, in one line, and its status where it has answered at all. */
export function refusalOf(error: unknown): { status: number | undefined; why: string } {
  const { message, status, response } = error as Error & { status?: number; response?: unknown };
  const [why = "no reason is given"] = String(message).split("\n");
  return { status: response === undefined ? undefined : status, why };
}

/** Whether our own patience was over. The package has its own error around that of the signal, under the same name. */
export function isEnded(error: unknown): boolean {
  const { name, cause } = error as Error;
  const names = [name, (cause as Error | undefined)?.name];
  return names.some((one) => one === "AbortError" || one === "TimeoutError");
}
