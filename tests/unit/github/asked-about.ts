/** A repository of the stand-in with one pull request and one issue, as other tests begin with them. */
import type { Api } from "../../../src/github/client.ts";
import { apiClient } from "../../../src/github/client.ts";
import { pullRoutes } from "../../harness/github/pulls.ts";
import { type GitHubServer, gitHubOfTest } from "../../harness/github/server.ts";
import {
  type Activity,
  type Issue,
  type IssueComment,
  newThread,
  type Person,
  type Thread,
} from "../../harness/github/state.ts";

/** A commit's id of one letter. */
export const sha = (letter: string) => letter.repeat(40);
export const zeros = sha("0");

/** The second in which it is asked, and others around it. */
export const asked = "2026-11-28T19:54:47Z";
export const seconds = (after: number) =>
  new Date(Date.parse(asked) + after * 1000).toISOString().replace(".000Z", "Z");

export const repository = "Octo-Org/Demo";

export const person = (login: string): Person => ({
  login,
  type: login.endsWith("[bot]") ? "Bot" : "User",
});

function issue(title: string, body: string | null): Issue {
  return {
    title,
    body,
    user: person("mona"),
    created_at: seconds(-86_400),
    updated_at: asked,
    state: "open",
    labels: [],
  };
}

/** Pull request 7 with the head `b` on `main`, and issue 8. */
export function repositoryOfTest(): Thread {
  const state = newThread();
  const repo = { id: 1, full_name: repository, pushed_at: seconds(-60) };
  state.issues.set(7, {
    ...issue("Add a door", "It opens."),
    pull_request: { url: `https://api.github.com/repos/${repository}/pulls/7` },
  });
  state.issues.set(8, issue("The door squeaks", null));
  state.pulls.set(7, {
    head: { ref: "feat/door", sha: sha("b"), repo },
    base: { ref: "main", sha: sha("a"), repo },
  });
  return state;
}

let ids = 100;

export function comment(by: string, body: string, other: Partial<IssueComment> = {}): IssueComment {
  const at = other.created_at ?? seconds(-10);
  ids += 1;
  return {
    id: ids,
    issue: 7,
    body,
    user: person(by),
    created_at: at,
    updated_at: at,
    author_association: "NONE",
    ...other,
  };
}

export function push(
  after: number,
  from: string,
  to: string,
  activity_type: Activity["activity_type"] = "push",
): Activity {
  ids += 1;
  return {
    id: ids,
    repository,
    ref: "refs/heads/feat/door",
    before: from,
    after: to,
    timestamp: seconds(after),
    activity_type,
  };
}

export async function serve(state: Thread): Promise<{ server: GitHubServer; api: Api }> {
  const server = await gitHubOfTest(pullRoutes(state));
  const signal = new AbortController().signal;
  const api = await apiClient({ repository, token: "ghs_job", apiUrl: server.url, signal });
  return { server, api };
}
