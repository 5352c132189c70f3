import pLimit from "p-limit";
import { type Checks, readChecks } from "../github/checks.ts";
import { checksText } from "../github/checks-text.ts";
import type { Api } from "../github/client.ts";
import { type FailedJob, failedJobs } from "../github/failed-jobs.ts";
import { endOfLog, mostKept } from "../github/job-logs.ts";
import { oneLine } from "../log/text.ts";
import { type ContextText, contextFiles, fileNameOf } from "../task/context-files.ts";

export interface ContextQuestion {
  readonly api: Api;
  /** The setting `context`. */
  readonly names: readonly string[];
  /** The pinned head. */
  readonly commit: string;
  /** The run that a `workflow_run` event is about: its jobs are looked into, and no others. */
  readonly run?: number | undefined;
  /** The run that we are in. */
  readonly ownRun?: number | undefined;
  /** What is read elsewhere, or a sentence why not. One that is not given cannot be had: there is no pull request. */
  readonly providers: Partial<Record<"diff" | "thread", () => Promise<ContextText | string>>>;
  /** Takes out of a text what this job knows to be secret. */
  readonly redact: (text: string) => string;
  /** Ends what is read beside the API, which has the same. */
  readonly signal: AbortSignal;
}

export interface Context {
  /** By name below the context folder. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** What is not there, and why: sentences. */
  readonly warnings: readonly string[];
}

const atOnce = 4;

interface Read {
  readonly texts: readonly ContextText[];
  readonly warnings: readonly string[];
}

/** Reads what `context` names, all at once. What cannot be had is told, and the rest is there: it never fails. */
export async function collectContext(question: ContextQuestion): Promise<Context> {
  const { names, redact } = question;
  const ways: [name: string, read: (question: ContextQuestion) => Promise<Read>][] = [
    ["diff", (asked) => given("diff", asked)],
    ["thread", (asked) => given("thread", asked)],
    ["checks", checks],
    ["logs", logs],
  ];
  const wanted = ways.filter(([name]) => names.includes(name));
  const found = await Promise.all(wanted.map(([, read]) => read(question)));
  const made = contextFiles(
    found.flatMap(({ texts }) => texts),
    redact,
  );
  const warnings = [...found.flatMap((one) => one.warnings), ...made.warnings];
  return { files: made.files, warnings: warnings.map((warning) => `context: ${warning}`) };
}

async function given(name: "diff" | "thread", { providers }: ContextQuestion): Promise<Read> {
  const provider = providers[name];
  if (provider === undefined) {
    return { texts: [], warnings: [`there is no pull request, and so no \`${name}\``] };
  }
  const text = await provider();
  return typeof text === "string"
    ? { texts: [], warnings: [text] }
    : { texts: [text], warnings: [] };
}

async function checks({ api, commit, ownRun }: ContextQuestion): Promise<Read> {
  const found: Checks = await readChecks(api, commit, ownRun);
  const nothing = found.runs.length + found.statuses.length === 0 && found.warnings.length > 0;
  const cut = found.leftOut.join("; ");
  const file = { name: "checks.md", text: checksText(found, commit), cut: cut || undefined };
  return { texts: nothing ? [] : [file], warnings: found.warnings };
}

async function logs({ api, commit, run, signal }: ContextQuestion): Promise<Read> {
  const { jobs, leftOut, warnings } = await failedJobs(api, commit, run);
  const limit = pLimit(atOnce);
  const ends = await Promise.all(
    jobs.map((job) => limit(async () => ({ job, end: await endOfLog(api, job, signal) }))),
  );
  const texts = ends.flatMap(({ job, end }) =>
    typeof end === "string" ? [] : [logFile(job, end.text, end.cut)],
  );
  const unread = ends.flatMap(({ end }) => (typeof end === "string" ? [end] : []));
  return { texts, warnings: [...warnings, ...leftOut, ...unread] };
}

function logFile(job: FailedJob, text: string, cut: boolean): ContextText {
  const { name, workflow, conclusion, steps } = job;
  const facts = [
    `job: ${name}`,
    ...(workflow === "" ? [] : [`workflow: ${workflow}`]),
    `conclusion: ${conclusion}`,
    ...(steps.length === 0 ? [] : [`failed steps: ${steps.join(", ")}`]),
  ];
  return {
    name: `logs/${fileNameOf(name)}.log`,
    text: `${facts.map((fact) => oneLine(fact, 500)).join("\n")}\n\n${text}`,
    cut: cut ? `of the log only the last ${mostKept / 1024} KB` : undefined,
  };
}
