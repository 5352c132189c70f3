import type { Api } from "../github/client.ts";
import { type Diff, readDiff } from "../github/diff.ts";
import type { GitHubEvent } from "../github/event.ts";
import { runOfEvent } from "../github/failed-jobs.ts";
import { type Issue, readIssue } from "../github/issue.ts";
import { type PullRequest, readPullRequest } from "../github/pull-request.ts";
import { pullOfEvent } from "../github/pull-request-event.ts";
import { readThread, type Thread } from "../github/thread.ts";
import type { Job } from "../settings/load.ts";
import { reviewNote } from "../settings/review.ts";
import { contextNote } from "../task/context-files.ts";
import { diffFile, threadFile } from "../task/question/files.ts";
import { questionPrompt } from "../task/question/prompt.ts";
import type { TaskRequest } from "../task/request.ts";
import { apiOf } from "./api.ts";
import { collectContext } from "./context.ts";
import type { Runtime } from "./runtime.ts";
import type { Work } from "./work.ts";

/** What the task is told and given. */
export interface AskedOf {
  readonly prompt: Buffer | undefined;
  /** By name below the context folder. */
  readonly files: TaskRequest["contextFiles"];
  /** The pull request that it is about, if it is about one. */
  readonly pull: PullRequest | undefined;
  /** Its diff, as far as GitHub tells it as a text. */
  readonly diff: string | undefined;
  readonly warnings: readonly string[];
}

/** How long GitHub may take to answer all that is asked for the prompt and its files. */
const answerMs = 60_000;

/** What a review without a prompt is asked for. */
const reviewWish = "Review the changes of this pull request.";

/**
 * The prompt and the files that belong to it, read from GitHub: for where somebody asks, a review is to be made, or
 * `context` wants something. What cannot be had is told, to the agent as well.
 */
export async function questionOf(job: Job, work: Work, runtime: Runtime): Promise<AskedOf> {
  const { settings, prompt } = job;
  const nothing = { prompt, files: new Map(), pull: work.pull, diff: undefined, warnings: [] };
  const { environment, cancelled } = runtime;
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(answerMs)]);
  const api = await apiOf(settings, environment, signal);
  return api === undefined
    ? { ...nothing, warnings: ["nothing was read from GitHub: there is no `github-token`"] }
    : runtime.timeline.measure("read the question", () => read(job, work, api, signal, runtime));
}

async function read(
  { settings, prompt }: Job,
  { ask, pull: known }: Work,
  api: Api,
  signal: AbortSignal,
  { event, environment, redactor }: Runtime,
): Promise<AskedOf> {
  const warnings: string[] = [];
  const wantsPull =
    settings.review || settings.context.some((name) => /^(?:diff|thread)$/.test(name));
  const found = known ?? (await pullOf(api, event, wantsPull));
  const pull = typeof found === "string" ? undefined : found;
  if (typeof found === "string") {
    warnings.push(found);
  }
  const about = pull ?? (ask && (await readIssue(api, ask.number)));
  if (typeof about === "string") {
    warnings.push(about);
  }
  const diff = pull && readDiff(api, pull.base.sha, pull.head.sha);
  const among = { number: ask?.number ?? pull?.number ?? 0, isPullRequest: pull !== undefined };
  const at = ask?.at ?? new Date().toISOString();
  const thread = about && readThread(api, { ...among, asked: ask?.asked ?? { kind: "none" }, at });
  const run = event && runOfEvent(event);
  const context = await collectContext({
    ...{ api, signal, names: settings.context },
    commit: pull?.head.sha ?? run?.commit ?? environment.GITHUB_SHA ?? "",
    run: run?.id,
    ownRun: Number(environment.GITHUB_RUN_ID) || undefined,
    providers: {
      ...(diff && { diff: async () => asFile(await diff, diffFile) }),
      ...(thread && { thread: async () => asFile(await thread, threadFile) }),
    },
    redact: (text) => redactor.redact(text),
  });
  const [knownDiff, knownThread] = await Promise.all([diff, thread]);
  for (const [name, part] of Object.entries({ diff: knownDiff, thread: knownThread })) {
    if (typeof part === "string" && !settings.context.includes(name)) {
      warnings.push(part); // else the context has told it
    }
  }
  const notes = [contextNote(context.files), ...(settings.review ? [reviewNote] : [])].filter(
    (note) => note !== "",
  );
  // without a word of the workflow's or of who asks, the author's description would be what is done
  const toReview = settings.review && !ask?.question ? reviewWish : undefined;
  const own = prompt?.toString("utf8") ?? toReview;
  const text =
    about === undefined || typeof about === "string"
      ? [...(own === undefined ? [] : [own.trimEnd()]), ...notes].join("\n\n")
      : questionPrompt({
          ...{ ask, about: asItWas(about, ask), notes, diff: knownDiff, thread: knownThread },
          repository: api.repository,
          instructions: own,
        });
  return {
    prompt: Buffer.from(redactor.redact(text)),
    files: context.files,
    pull,
    diff: isPatch(knownDiff) ? knownDiff.text : undefined,
    warnings: [...warnings, ...context.warnings],
  };
}

/** Where a title and description are what is asked for, those that were read when it was asked. */
function asItWas<T extends PullRequest | Issue>(about: T, ask: Work["ask"]): T {
  return ask?.title === undefined ? about : { ...about, title: ask.title, body: ask.text ?? "" };
}

function asFile<T extends Diff | Thread, F>(found: T | string, make: (known: T) => F): F | string {
  return typeof found === "string" ? found : make(found);
}

function isPatch(diff: Diff | string | undefined): diff is Diff & { kind: "patch" } {
  return typeof diff === "object" && diff.kind === "patch";
}

/**
 * The pull request that an event is about by itself; a text says why it cannot be read.
 *
 * @param isWanted also where it is only near: a run's, or one that somebody has commented on
 */
async function pullOf(api: Api, event: GitHubEvent | undefined, isWanted: boolean) {
  const isOwn = /^pull_request(?:_target)?$/.test(event?.name ?? "");
  const pull = event && (isOwn || isWanted) ? pullOfEvent(event) : undefined;
  return (
    pull && readPullRequest(api, pull.number, { head: pull.head, at: new Date().toISOString() })
  );
}
