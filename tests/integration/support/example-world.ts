/** What the examples meet on GitHub: a repository with a pull request, its API, and git as it is served. */
import { execFileSync } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Given, Happened } from "../../harness/example.ts";
import { commit, git } from "../../harness/git.ts";
import { gitServerOfTest } from "../../harness/git-server.ts";
import { checksRoutes, logStorageOfTest } from "../../harness/github/checks.ts";
import { commentRoutes, newWriting } from "../../harness/github/comments.ts";
import { type GitData, gitDataRoutes } from "../../harness/github/git-data.ts";
import { pullRoutes } from "../../harness/github/pulls.ts";
import { repositoryRoutes } from "../../harness/github/repository.ts";
import { reviewsRoutes, type SentReview } from "../../harness/github/reviews.ts";
import { type GitHubServer, startGitHub } from "../../harness/github/server.ts";
import { newThread, type Thread } from "../../harness/github/state.ts";
import { workspaceWith } from "./workspace.ts";

const AGENT = join(import.meta.dirname, "../../../examples/agent");
/** As the runner's stand-in calls it. */
const NAME = "Octo-Org/Demo";
const NUMBER = 7;
/** The run of CI that failed. */
const CI_RUN = 30_433_642;

export interface ExampleWorld {
  readonly thread: Thread;
  /** Reviews that were made. */
  readonly reviews: readonly SentReview[];
  /** Pull requests that were opened. */
  readonly pulls: GitData["pulls"];
  readonly api: GitHubServer;
  /** The repository that git is served from. */
  readonly bare: string;
  /** Of the pull request. */
  readonly head: string;
  /** A file on the pull request's branch, and the commit below the newest one there. */
  onBranch(path: string): { content: string | undefined; parent: string };
  /** Variables by which the runner says where GitHub is. */
  readonly env: Record<string, string>;
  /** The event, as it happens to this pull request. */
  happens(event: Happened): Happened;
}

/**
 * Pull request 7 on `main`, which has the files of examples/agent. Octocat may write.
 *
 * @param later when it goes; with the test unless something else is said
 */
export async function exampleWorld(
  later: (stop: () => Promise<void>) => void = onTestFinished,
): Promise<ExampleWorld> {
  const root = await workspaceWith({});
  const [bare, work] = [join(root, `${NAME}.git`), join(root, "work")];
  await mkdir(work);
  git(work, "init", "--quiet", "--initial-branch=main");
  await cp(AGENT, work, { recursive: true });
  commit(work, { "door.txt": "closed\n" });
  const base = git(work, "rev-parse", "HEAD").trim();
  git(work, "switch", "--quiet", "--create", "topic");
  commit(work, { "door.txt": "half open\n" });
  const head = git(work, "rev-parse", "HEAD").trim();
  execFileSync("git", ["clone", "--quiet", "--bare", work, bare], { stdio: "ignore" });
  git(bare, "update-ref", `refs/pull/${NUMBER}/head`, head);
  git(bare, "symbolic-ref", "HEAD", "refs/heads/main");

  const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
  const thread = newThread();
  const repo = { id: 1, full_name: NAME, pushed_at: hourAgo };
  const octocat = { login: "octocat", type: "User" } as const;
  thread.issues.set(NUMBER, {
    ...{ title: "Open the door", body: "It is closed.", user: octocat, state: "open", labels: [] },
    ...{ created_at: hourAgo, updated_at: hourAgo },
    pull_request: { url: `https://api.github.com/repos/${NAME}/pulls/${NUMBER}` },
  });
  thread.pulls.set(NUMBER, {
    head: { ref: "topic", sha: head, repo },
    base: { ref: "main", sha: base, repo },
  });
  const diff = git(work, "diff", base, head);
  const files = [{ filename: "door.txt", status: "modified", additions: 1, deletions: 1 }];
  for (const from of [base, "main"]) {
    thread.comparisons.set(`${from}...${head}`, { diff, files });
  }
  const roles = new Map([
    ["octocat", "write"],
    ["mallory", "read"],
  ]);
  const reviews: SentReview[] = [];
  const pulls: GitData["pulls"] = [];
  const lines = { right: [1, 1], left: [1, 1] } as const;
  const reviewed = { number: NUMBER, commits: [base, head], diff: { "door.txt": [lines] } };
  const job = { id: 31, name: "test", conclusion: "failure", log: "the hinge is stuck" };
  const about = { workflow_id: 1, event: "pull_request", status: "completed" };
  const runs = [{ ...about, id: CI_RUN, conclusion: "failure", jobs: [job] }];
  const checks = { commit: head, checkRuns: [], statuses: [], runs };
  const storage = await logStorageOfTest(checks, "plain", later);
  let url = "";
  const api = await startGitHub(
    // before the pull requests' routes, which take "comments" for a number
    commentRoutes(thread, newWriting(), () => url),
    pullRoutes(thread),
    repositoryRoutes({ folder: bare, branch: "main", roles }),
    reviewsRoutes({ ...reviewed, made: reviews }),
    checksRoutes(checks, () => url, storage.url),
    gitDataRoutes({ folder: bare, defaultBranch: "main", account: "github-actions[bot]", pulls }),
  );
  later(api.stop);
  url = api.url;
  const served = await gitServerOfTest(root, {}, later);
  return {
    ...{ thread, reviews, pulls, api, bare, head },
    env: {
      GITHUB_API_URL: api.url,
      GITHUB_GRAPHQL_URL: `${api.url}/graphql`,
      GITHUB_SERVER_URL: served.url,
    },
    onBranch: (path) => {
      const names = git(bare, "ls-tree", "--name-only", "topic");
      return {
        content: names.split("\n").includes(path) ? git(bare, "show", `topic:${path}`) : undefined,
        parent: git(bare, "rev-parse", "topic~1").trim(),
      };
    },
    happens: (event) => ({ ...event, payload: here(event, thread, base, head) }),
  };
}

/** A payload's names, numbers and times are those of the stand-in's repository. */
function here(
  { payload }: Happened,
  thread: Thread,
  base: string,
  head: string,
): Record<string, unknown> {
  const now = new Date(Date.now() - 5_000).toISOString().replace(/\.\d+Z$/, "Z");
  const sender = { login: "octocat", id: 583_231, type: "User" };
  const repository = { id: 1, name: "Demo", full_name: NAME, default_branch: "main" };
  const changed: Record<string, unknown> = { ...payload, sender, repository };
  const { issue, comment, pull_request: pull, workflow_run: run } = payload as Parts;
  const { title, body } = thread.issues.get(NUMBER) ?? {};
  if (issue) changed.issue = { ...issue, number: NUMBER, updated_at: now };
  if (comment) {
    const written = { ...comment, user: sender, created_at: now, updated_at: now };
    changed.comment = written;
    thread.comments.push({
      ...{ id: Number(comment.id), issue: NUMBER, body: String(comment.body) },
      ...{ user: { login: "octocat", type: "User" }, created_at: now, updated_at: now },
      author_association: "MEMBER",
    });
  }
  if (pull) {
    const side = (ref: string, sha: string) => ({ ref, sha, repo: repository });
    changed.pull_request = {
      ...{ ...pull, number: NUMBER, title, body, updated_at: now },
      ...{ head: side("topic", head), base: side("main", base) },
    };
    changed.number = NUMBER;
  }
  if (run) {
    const about = { number: NUMBER, head: { ref: "topic", sha: head } };
    changed.workflow_run = {
      ...{ ...run, id: CI_RUN, head_sha: head, head_branch: "topic", pull_requests: [about] },
      ...{ head_repository: repository, repository, actor: sender, triggering_actor: sender },
    };
  }
  return changed;
}

interface Parts {
  issue?: Record<string, unknown>;
  comment?: Record<string, unknown>;
  pull_request?: Record<string, unknown>;
  workflow_run?: Record<string, unknown>;
}

/** The step's inputs with what this machine has instead: the image, and the model's address. */
export function withOwn(
  { inputs }: Given,
  own: Record<string, string>,
  model?: string,
): Record<string, string> {
  const env = `${inputs.env}\nANTHROPIC_BASE_URL=${model}\nCLAUDE_CODE_MAX_RETRIES=0`;
  return { ...inputs, ...own, ...(model === undefined ? {} : { env }) };
}
