import { Trouble } from "../log/trouble.ts";

/** What to bring into the workspace. */
export interface CheckoutRequest {
  readonly workspace: string;
  /** The runner's `GITHUB_SERVER_URL`. */
  readonly serverUrl: string;
  /** `owner/name` of this repository: a fork's head is found here, too. */
  readonly repository: string;
  /** Without one only a public repository can be read. */
  readonly token: string | undefined;
  /** Of the pull request. */
  readonly number: number;
  readonly head: { readonly sha: string };
  /** Its branch, or the commit where that is gone. */
  readonly base: { readonly ref: string; readonly sha: string };
  /** In commits; 0 for all, undefined for as many as lead to the merge base. */
  readonly depth: number | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** A file with the authorities to trust in the place of git's own, where nothing else names one. */
  readonly authorities?: () => Promise<string | undefined>;
  /** Ends git and all that it has started. */
  readonly signal: AbortSignal;
  /** A private folder of this run. */
  readonly scratch: string;
  /** For all of it; 10 minutes if not given. */
  readonly limitMs?: number;
  /** After trouble of the server's or the network's, once; 2 s if not given. */
  readonly retryAfterMs?: number;
}

export interface CheckedOut {
  /** The commit that is checked out. */
  readonly head: string;
  /** Undefined where it is not known; a warning says why. */
  readonly mergeBase: string | undefined;
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
}

const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Refuses what git could read as something else: all of it becomes arguments.
 *
 * @throws Trouble
 */
export function checkRequest({ serverUrl, repository, number, head, base }: CheckoutRequest): void {
  const fits =
    /^https?:\/\/[^\s/?#@]+\/?$/.test(serverUrl) &&
    /^[\w.-]+\/[\w.-]+$/.test(repository) &&
    Number.isSafeInteger(number) &&
    number > 0 &&
    commit.test(head.sha) &&
    commit.test(base.sha) &&
    isBranchName(base.ref);
  if (!fits) {
    throw new Trouble(
      "`checkout: head` was told a server, a repository, a commit or a branch by a name that none can have",
    );
  }
}

/** Whether git takes a name for a branch; see `git check-ref-format`. */
function isBranchName(name: string): boolean {
  return (
    name.length < 256 &&
    !name.startsWith("-") &&
    name !== "@" &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|(?:^|\/)\.|\.lock(?:\/|$)/.test(name)
  );
}
