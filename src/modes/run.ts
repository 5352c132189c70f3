import { randomBytes } from "node:crypto";
import type { Launch } from "../agents/agent.ts";
import { agents } from "../agents/agents.ts";
import { readAsset } from "../assets.ts";
import { whyNoCheckout } from "../checkout/checkout.ts";
import { pullRequestNumber } from "../github/comment.ts";
import { duration } from "../log/text.ts";
import { code } from "../report/markdown.ts";
import type { Report } from "../report/report.ts";
import { changesText, runReport } from "../report/run-report.ts";
import type { Job } from "../settings/load.ts";
import { withoutNamed } from "../settings/proxies.ts";
import { beginWatching } from "../task/changes/watch.ts";
import { contextVariables } from "../task/context.ts";
import { contextFolder, contextVariable } from "../task/context-files.ts";
import { agentFilePaths } from "../task/create.ts";
import type { TaskResult } from "../task/ends.ts";
import type { TaskRequest } from "../task/request.ts";
import { runTask } from "../task/task.ts";
import type { After } from "./after-task.ts";
import { prepare, tellPlan } from "./prepare.ts";
import type { AskedOf } from "./question.ts";
import type { Runtime } from "./runtime.ts";
import { sessionPathOf } from "./session-path.ts";
import {
  beginStarting,
  isFromStore,
  type Starting,
  startElsewhere,
  whyNotFrom,
} from "./starting.ts";
import { type Steering, withoutStrangersSteering } from "./steering.ts";
import { tellGitHub } from "./tell.ts";
import { wantsCommit } from "./wants-commit.ts";
import type { Work } from "./work.ts";

/** `mode: run`: restores or builds the image, runs the task in it, publishes what was built. */
export async function run(job: Job, runtime: Runtime, work: Work): Promise<Report> {
  launchOf(job, job.settings["agent-version"]); // what cannot be put together ends before anything is started
  tellNoCheckout(job, runtime, work);
  return withoutStrangersSteering(job, runtime, (own, steering) =>
    runIn(own, steering, work, runtime),
  );
}

/** An agent may have nothing to do with files, at an issue for one; what is to be committed needs a checkout. */
function tellNoCheckout(job: Job, { event, log }: Runtime, { pull }: Work): void {
  const isAtPull = pull !== undefined || (event && pullRequestNumber(event)) !== undefined;
  const missing = whyNoCheckout(job.workspace, isAtPull);
  if (missing === undefined) {
    return;
  }
  if (wantsCommit(job) || pull !== undefined) {
    log.warning(missing);
  } else if (job.settings.agent !== undefined) {
    log.info(missing);
  }
}

async function runIn(job: Job, steering: Steering, work: Work, runtime: Runtime): Promise<Report> {
  const { log, timeline } = runtime;
  const asking = askedOf(job, work, runtime);
  asking.catch(() => {}); // the request meets it
  const watching = steering.replaced.then((replaced) =>
    beginWatching(job.workspace, runtime.folder, {
      ...runtime,
      leftOut: replaced?.is,
      forCommit: wantsCommit(job),
      listOnly: job.settings.changes === "none",
      workdir: job.settings["container-workdir"],
    }),
  );
  watching.catch(() => {}); // the task meets it, if there is one
  const prepared = await prepare(job, runtime);
  await tellPlan(prepared, runtime);
  let starting = await beginStarting(job, prepared, runtime);
  const version = prepared.contents.find((content) => content.agent)?.agent?.version;
  const question = await asking;
  for (const warning of question.warnings) {
    log.warning(warning);
  }
  const own = { ...job, prompt: question.prompt };
  const requestFrom = async (from: Starting): Promise<TaskRequest> => {
    const made = await taskRequest(own, from, version, { watching, ...steering }, runtime);
    return { ...withContext(made, question.files), instead: insteadOf(from) };
  };
  const insteadOf = (from: Starting): TaskRequest["instead"] =>
    isFromStore(from.image)
      ? {
          whyNot: () => whyNotFrom(from.image, job, runtime),
          next: async (why) => {
            starting = await startElsewhere(from, why, job, prepared, runtime);
            return requestFrom(starting);
          },
        }
      : undefined;
  const request = await requestFrom(starting);
  const notice = job.settings.agent && agents[job.settings.agent].notice?.(request.environment);
  if (notice !== undefined) {
    log.notice(notice);
  }
  const first = starting.publishing; // nothing, where another image takes the place of this one
  const [result] = await Promise.all([runTask(request, runtime), first]);
  const published = await starting.publishing;
  const { image } = starting;
  for (const warning of result.warnings) {
    log.warning(warning);
  }
  const after = await handedOver(job, result, question, work, runtime);
  await tellGitHub(job, { ...result, image, handedOver: after.said }, runtime, work.answer);
  log.info(lastWord(result, timeline.elapsed(), runtime.environment));
  return runReport({
    what: whatRan(job),
    pullRequest: runtime.event && pullRequestNumber(runtime.event),
    planned: prepared,
    image,
    result,
    published,
    spans: timeline.spans(),
    reviewUrl: after.reviewUrl,
    said: after.said,
    handedOver: after.handedOver.outputs,
  });
}

/** The prompt and its files. Who reads GitHub for them is loaded only where somebody asks, or wants something of it. */
async function askedOf(job: Job, work: Work, runtime: Runtime): Promise<AskedOf> {
  const { prompt, settings } = job;
  if (work.ask === undefined && !settings.review && settings.context.length === 0) {
    return { prompt, files: new Map(), pull: work.pull, diff: undefined, warnings: [] };
  }
  const { questionOf } = await import("./question.ts");
  return questionOf(job, work, runtime);
}

/** What came of the task on GitHub; who writes there is loaded only where something is to be written. */
async function handedOver(
  job: Job,
  result: TaskResult,
  question: AskedOf,
  work: Work,
  runtime: Runtime,
): Promise<After> {
  if (!wantsCommit(job) && !job.settings.review) {
    const nothing = { outputs: {}, warnings: [], said: undefined };
    return { said: undefined, reviewUrl: undefined, handedOver: nothing };
  }
  const { afterTask } = await import("./after-task.ts");
  return afterTask(job, result, question, work, runtime);
}

async function taskRequest(
  job: Job,
  { image, missing }: Starting,
  version: string | undefined,
  { watching, putBack }: Pick<TaskRequest, "watching" | "putBack">,
  runtime: Runtime,
): Promise<Omit<TaskRequest, "contextFiles" | "instead">> {
  const { settings } = job;
  const launch = launchOf(job, version);
  return {
    job,
    image: image.reference,
    missing,
    user: userOf(settings.user),
    imageUser: image.user ?? "",
    runId: runtime.runId,
    folder: runtime.folder,
    environment: new Map([
      ...withoutNamed(runtime.proxies, job.environment),
      ...contextVariables(runtime.environment, settings["container-workdir"]),
      ["AGENTS_RUNNER_TASK_ID", runtime.runId],
      ...(settings["record-desktop"] ? [["AGENTS_RUNNER_RECORD", "1"] as const] : []),
      ...Object.entries(launch?.environment ?? {}),
      ...withAliases(job, runtime),
    ]),
    launch,
    mark: launch?.streams ? `agent-runner-${randomBytes(12).toString("hex")}` : "",
    sessionPath: await sessionPathOf(job, runtime),
    secrets: new Map(missing.length > 0 ? job.secrets.map(({ id, value }) => [id, value]) : []),
    proxies: runtime.proxies,
    assets: await taskAssets(settings["headless-desktop"] !== "false"),
    cancelled: runtime.cancelled,
    remember: runtime.remember,
    watching,
    putBack,
  };
}

/** The user's own variable of that name wins. */
function withContext(
  request: Omit<TaskRequest, "contextFiles" | "instead">,
  contextFiles: TaskRequest["contextFiles"],
): Omit<TaskRequest, "instead"> {
  const environment =
    contextFiles.size === 0
      ? request.environment
      : new Map([[contextVariable, contextFolder], ...request.environment]);
  return { ...request, contextFiles, environment };
}

/** What ran, for the summary. */
function whatRan({ settings }: Job): string {
  if (settings.agent === undefined) {
    return "a command";
  }
  const model = settings["agent-model"];
  return model === undefined ? settings.agent : `${settings.agent} with ${code(model)}`;
}

/** `success in 1.0 s: exit code 0, the answer is in the summary` */
function lastWord(
  { conclusion, exitCode, agent, changes }: TaskResult,
  ms: number,
  { GITHUB_STEP_SUMMARY: summary }: NodeJS.ProcessEnv,
): string {
  const answer = agent?.message && summary ? ", the answer is in the summary" : "";
  const changed = changes === undefined ? "" : `, ${changesText(changes)}`;
  return `${conclusion} in ${duration(ms)}: exit code ${exitCode}${changed}${answer}`;
}

/** Undefined for the image's own user. */
function userOf(setting: string): string | undefined {
  if (setting === "runner") {
    return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  }
  return setting === "image" ? undefined : setting;
}

/** How the agent is started; undefined for a command. */
function launchOf({ settings, agentFiles }: Job, version: string | undefined): Launch | undefined {
  if (settings.agent === undefined) {
    return undefined;
  }
  const { settings: own, mcp, schema } = agentFiles;
  const turns = settings["agent-max-turns"];
  const cost = settings["agent-max-cost"];
  return agents[settings.agent].launch({
    further: settings["agent-args"],
    ...(version !== undefined && { version }),
    ...(settings["agent-model"] !== undefined && { model: settings["agent-model"] }),
    ...(turns !== undefined && { maxTurns: Number(turns) }),
    ...(cost !== undefined && { maxCost: Number(cost) }),
    ...(own !== undefined && { settingsFile: agentFilePaths.settings, settingsText: own }),
    ...(mcp !== undefined && { mcpFile: agentFilePaths.mcp, mcpText: mcp }),
    ...(schema !== undefined && { schemaFile: agentFilePaths.schema, schemaText: schema }),
    ...(settings.resume !== undefined && { resume: settings.resume }),
  });
}

/** The user's `env`; a key under a name that the tool does not read is given under the one that it does, too. */
function withAliases(
  { settings, environment }: Job,
  { log }: Runtime,
): ReadonlyMap<string, string> {
  const values = new Map(environment);
  const aliases = settings.agent === undefined ? {} : agents[settings.agent].aliases;
  for (const [given, read] of Object.entries(aliases)) {
    const value = values.get(given);
    if (value !== undefined && !values.has(read)) {
      values.set(read, value);
      log.notice(`${settings.agent} reads its key from ${read}: it gets the value of ${given}`);
    }
  }
  return values;
}

async function taskAssets(desktop: boolean): Promise<ReadonlyMap<string, string>> {
  const files: [path: string, asset: string][] = [["start.sh", "container/start.sh"]];
  if (desktop) {
    for (const script of ["desktop/start.sh", "desktop/screenshot.sh"]) {
      files.push([script, script]);
    }
  }
  const texts = await Promise.all(
    files.map(async ([path, asset]) => [path, await readAsset(asset)] as const),
  );
  return new Map(texts);
}
