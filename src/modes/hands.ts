import { readFile, rm } from "node:fs/promises";
import { z } from "zod";
import type { Unread } from "../github/checked.ts";
import type { Api } from "../github/client.ts";
import type { Done, TreeEntry } from "../github/commit-contents.ts";
import {
  branchTip,
  createBranch,
  moveBranch,
  openPullRequest,
  repositoryOf,
  writeCommit,
} from "../github/git-data.ts";
import type { PullRequest } from "../github/pull-request.ts";
import type { Redactor } from "../log/redactor.ts";
import { reasonOf } from "../log/trouble.ts";
import { agentBranches } from "../policy/agent-written.ts";
import type { Ask } from "../policy/ask.ts";
import { commitMessage, titleOf } from "../policy/commit-message.ts";
import { type Hands, handsFor } from "../policy/hands.ts";
import { type HandsStep, whyRefused } from "../policy/hands-refused.ts";
import { runUrl } from "../report/comment.ts";
import { code, prose } from "../report/markdown.ts";
import type { Outputs } from "../report/outputs.ts";
import type { Job } from "../settings/load.ts";
import { readable } from "../task/changes/paths.ts";
import type { TaskTree } from "../task/changes/tree.ts";
import type { TaskChanges } from "../task/changes/watch.ts";
import type { Conclusion } from "../task/ends.ts";
import { apiOf } from "./api.ts";
import type { Runtime } from "./runtime.ts";
import { wantsCommit } from "./wants-commit.ts";

/** How long GitHub may take for all of a commit: some hundred files are as many requests. */
const answerMs = 120_000;

/** What is handed over, and for whom. */
export interface HandsWork {
  readonly changes: TaskChanges | undefined;
  /** How the run ended. */
  readonly conclusion: Conclusion;
  readonly ask: Ask | undefined;
  readonly pull: PullRequest | undefined;
}

export interface HandedOver {
  readonly outputs: Pick<Outputs, "commit-sha" | "branch" | "pull-request-url">;
  readonly warnings: readonly string[];
  /** A line of Markdown for answer and summary; undefined where there is nothing to say. */
  readonly said: string | undefined;
}

/**
 * Hands a task's changes over as `changes` says: a commit on the branch, or a pull request from one of its own. Never
 * fails: what GitHub does not take stays in the patch, and a sentence says why.
 */
export async function handOver(job: Job, work: HandsWork, runtime: Runtime): Promise<HandedOver> {
  const nothing: HandedOver = { outputs: {}, warnings: [], said: undefined };
  if (!wantsCommit(job) || work.changes === undefined) {
    return nothing;
  }
  const limit = AbortSignal.any([runtime.cancelled, AbortSignal.timeout(answerMs)]);
  try {
    return await runtime.timeline.measure("hand the changes over", () =>
      handOverBy(job, work, runtime, limit),
    );
  } catch (error) {
    return stays(work, limit.aborted ? "GitHub did not answer in time" : reasonOf(error));
  } finally {
    const { tree } = work.changes;
    if (tree !== undefined) {
      await rm(tree.folder, { recursive: true, force: true }).catch(() => {});
    }
  }
}

async function handOverBy(
  job: Job,
  work: HandsWork,
  runtime: Runtime,
  limit: AbortSignal,
): Promise<HandedOver> {
  const { settings } = job;
  const { environment, event } = runtime;
  const { changes, conclusion, ask, pull } = work;
  const tree = changes?.tree;
  const facts = {
    changes: settings.changes,
    ...{ conclusion, event, ask, pull, tree, noTree: changes?.noTree },
    files: changes?.files.length ?? 0,
    allowWorkflowChanges: settings["allow-workflow-changes"],
    ref: environment.GITHUB_REF,
    sha: environment.GITHUB_SHA,
    defaultBranch: defaultBranchIn(event?.payload),
  };
  const first = handsFor(facts);
  if (first.kind === "none") {
    return { outputs: {}, warnings: [], said: undefined };
  }
  if (first.kind === "patch" || tree === undefined) {
    return stays(work, first.kind === "patch" ? first.why : undefined);
  }
  const leak = await secretIn(tree, runtime.redactor);
  if (leak !== undefined) {
    return stays(work, `a secret of this run stands in ${leak}`);
  }
  const entries = entriesOf(tree);
  if (entries === undefined) {
    return stays(work, "the name of a file is no text (UTF-8), which GitHub's API does not take");
  }
  const api = await apiOf(settings, environment, limit);
  if (api === undefined) {
    return stays(work, "there is no `github-token`, or `GITHUB_REPOSITORY` is not set");
  }
  let hands: Hands = first;
  if (facts.defaultBranch === undefined) {
    const known = await repositoryOf(api);
    if (!("value" in known)) {
      return stays(work, whyRefused(known, { step: "read", branch: "the default branch" }));
    }
    hands = handsFor({ ...facts, defaultBranch: known.value.default_branch });
  }
  if (hands.kind !== "commit" && hands.kind !== "pull-request") {
    return stays(work, hands.kind === "patch" ? hands.why : undefined);
  }
  return commitBy(api, hands, { tree, entries, words: wordsOf(job, work, runtime) }, work, runtime);
}

interface Content {
  readonly tree: TaskTree;
  readonly entries: readonly TreeEntry[];
  /** What the title is made of. */
  readonly words: string;
}

async function commitBy(
  api: Api,
  hands: Extract<Hands, { kind: "commit" | "pull-request" }>,
  { tree, entries, words }: Content,
  work: HandsWork,
  { environment, runId }: Runtime,
): Promise<HandedOver> {
  const run = runUrl(environment) ?? runId;
  const title = titleOf(words);
  const ownBranch = `${agentBranches}${environment.GITHUB_RUN_ID || runId}`;
  let branch = hands.kind === "commit" ? hands.branch : ownBranch;
  const refused = (answer: Unread, step: HandsStep, sha?: string) =>
    stays(work, whyRefused(answer, { step, branch, sha }));

  if (hands.kind === "commit") {
    // one that was set back would take the commit, and what it was set back from with it
    const tip = await branchTip(api, branch);
    if (!("value" in tip)) {
      return refused(tip, "read");
    }
    if (tip.value !== tree.commit) {
      return refused({ status: 422, why: "Update is not a fast forward" }, "branch");
    }
  }
  const message = commitMessage(title, run);
  const commit = { parent: tree.commit, base: tree.base, entries, tree: tree.id, message };
  const written = await writeCommit(api, commit);
  if (!("value" in written)) {
    return refused(written, "write");
  }
  const { sha, author } = written.value;
  const make = () =>
    hands.kind === "commit" ? moveBranch(api, branch, sha) : createBranch(api, branch, sha);
  let put: Done<string> = await make();
  if (hands.kind === "pull-request" && !("value" in put) && /already exists/i.test(put.why)) {
    branch = `${ownBranch}-${runId}`; // the run may have been run again, and its job have more than one step
    put = await make();
  }
  if (!("value" in put)) {
    return refused(put, "branch", sha);
  }
  const server = environment.GITHUB_SERVER_URL || "https://github.com";
  const page = `${server}/${api.repository}`;
  const where = `[${code(sha.slice(0, 7))}](${page}/commit/${sha}) on ${code(branch)}`;
  const outputs = { "commit-sha": sha, branch };
  if (hands.kind === "commit") {
    return { outputs, warnings: [], said: `**Committed** as ${where}.${noChecks(author)}` };
  }
  const body = bodyOf(work, run);
  const opened = await openPullRequest(api, { head: branch, base: hands.base, title, body });
  if (!("value" in opened)) {
    const why = whyRefused(opened, { step: "pull request", branch });
    const compare = `${page}/compare/${encodeURIComponent(hands.base)}...${encodeURIComponent(branch)}?expand=1`;
    return {
      outputs,
      warnings: [
        `the pull request could not be made: ${why}. The changes are on the branch \`${branch}\``,
      ],
      said: `The changes are ${where}, and [a pull request can be made of it](${compare}); none was: ${prose(why)}.${noChecks(author)}`,
    };
  }
  const { number, url } = opened.value;
  return {
    outputs: { ...outputs, "pull-request-url": url },
    warnings: [],
    said: `**Pull request [#${number}](${page}/pull/${number})** has the changes, ${where}.${noChecks(author)}`,
  };
}

/** The changes stay where they are, in the patch, and it is said why. */
function stays({ changes }: HandsWork, why: string | undefined): HandedOver {
  const kept =
    changes?.patchPath === undefined
      ? "the changes were not committed"
      : "the changes are in the patch (`changes-path`) only";
  return why === undefined
    ? { outputs: {}, warnings: [], said: undefined }
    : {
        outputs: {},
        warnings: [`${kept}: ${why}`],
        said: `${kept.replace(/^t/, "T")}: ${prose(why)}.`,
      };
}

/** The account of a job's own token, by which GitHub starts nothing. */
function noChecks(author: string): string {
  return author === "github-actions[bot]"
    ? " <sub>GitHub starts no workflows for what the job's own token makes; the `github-token` of an app or a person has them run.</sub>"
    : "";
}

function bodyOf({ ask, pull }: HandsWork, run: string): string {
  const number = ask?.number ?? pull?.number;
  const asked = number === undefined ? "" : `, asked at #${number}`;
  return `An agent made these changes${asked}. [The run](${run}) has its answer; review them as a stranger's.`;
}

/** The question, or the workflow's prompt; nothing secret of it. */
function wordsOf({ settings }: Job, { ask }: HandsWork, { redactor }: Runtime): string {
  return redactor.redact(ask?.question || settings.prompt || "");
}

/** Where something stands that is known to be secret: a commit shows it to everybody. */
async function secretIn({ entries }: TaskTree, redactor: Redactor): Promise<string | undefined> {
  for (const { path, contentPath } of entries) {
    const name = Buffer.from(path, "latin1").toString("utf8");
    if (redactor.redact(name) !== name) {
      return "the name of a file";
    }
    const bytes = contentPath === undefined ? Buffer.alloc(0) : await readFile(contentPath);
    const pieces = redactor.pieces();
    if (!Buffer.concat([pieces.take(bytes), pieces.rest()]).equals(bytes)) {
      return `\`${readable(path)}\``;
    }
  }
  return undefined;
}

/** Undefined where a path is no text. */
function entriesOf(tree: TaskTree): readonly TreeEntry[] | undefined {
  const entries = tree.entries.map(({ path, mode, id, contentPath }) => ({
    path: Buffer.from(path, "latin1").toString("utf8"),
    ...{ mode, id },
    content: contentPath === undefined ? undefined : () => readFile(contentPath),
  }));
  const isText = (path: string, at: number) =>
    Buffer.from(path).equals(Buffer.from(tree.entries[at]?.path ?? "", "latin1"));
  return entries.every(({ path }, at) => isText(path, at)) ? entries : undefined;
}

const ofRepository = z.object({ repository: z.object({ default_branch: z.string() }) });

function defaultBranchIn(payload: unknown): string | undefined {
  return ofRepository.safeParse(payload).data?.repository.default_branch;
}
