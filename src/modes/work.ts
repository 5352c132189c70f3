import { mkdir } from "node:fs/promises";
import { checkOut } from "../checkout/checkout.ts";
import { whyNotAsAsked } from "../github/asked-text.ts";
import type { Api } from "../github/client.ts";
import type { GitHubEvent } from "../github/event.ts";
import { type PullRequest, readPullRequest } from "../github/pull-request.ts";
import { pullOfEvent } from "../github/pull-request-event.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import { oneLine } from "../log/text.ts";
import type { Timeline } from "../log/timeline.ts";
import { Trouble } from "../log/trouble.ts";
import { type Ask, askOf, type Listened, triggersOf } from "../policy/ask.ts";
import type { Report } from "../report/report.ts";
import { endedReport, skippedReport } from "../report/run-report.ts";
import { checkEach } from "../settings/check.ts";
import type { RawSettings } from "../settings/raw.ts";
import type { Settings } from "../settings/schema.ts";
import { type Answering, answerTo } from "./answer.ts";
import { apiOf } from "./api.ts";
import { whyNotPermitted } from "./permission.ts";
import type { PostState } from "./post-state.ts";
import { Cancelled } from "./runtime.ts";

// What comes before there is a job: whether somebody asks, may ask, and about what; the answer's first word, and the tree
// that is worked on.

/** What there is by then. */
export interface Desk {
  readonly given: RawSettings;
  readonly event: GitHubEvent | undefined;
  readonly workspace: string;
  /** The step's own. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly redactor: Redactor;
  /** The run's, from its beginning on. */
  readonly timeline: Timeline;
  /** The run's own folder. */
  readonly folder: string;
  /** Fires when the step is cancelled. */
  readonly cancelled: AbortSignal;
  readonly remember: (state: PostState) => void;
}

/** What a step works on because of its event: a question, a pull request, or neither. */
export interface Work {
  readonly ask: Ask | undefined;
  /** As it was when somebody asked. */
  readonly pull: PullRequest | undefined;
  readonly answer: Answering | undefined;
  /** The settings under which those who caused it are permitted to. */
  readonly permitted: Partial<Settings> | undefined;
}

/** How long GitHub may take to tell all that is asked about a question. */
const answerMs = 20_000;

/** What there is to work on where nobody asks. */
export const noWork: Work = {
  ask: undefined,
  pull: undefined,
  answer: undefined,
  permitted: undefined,
};

/**
 * Finds out what is worked on, or that nothing is: then with the report that says why.
 *
 * @throws what is a bug
 */
export async function beginWork(desk: Desk): Promise<Work | Report> {
  const { given, event, log } = desk;
  const { settings, problems } = checkEach(given);
  const listened = listen(settings, event);
  if (listened !== undefined && listened.ask === undefined) {
    log.info(`skipped: ${listened.why}`);
    return skippedReport(listened.why);
  }
  const ask = listened?.ask;
  const answer = ask && answerTo(ask, { ...desk, settings });
  if (problems.length > 0) {
    return { ...noWork, answer }; // what is wrong is told with all the rest
  }
  if (ask === undefined && settings.checkout !== "head") {
    return noWork;
  }
  try {
    return await arrange(desk, settings, listened, answer);
  } catch (error) {
    if (!(error instanceof Trouble)) {
      throw error;
    }
    const message = desk.redactor.redact(error.message);
    const conclusion = error instanceof Cancelled ? "cancelled" : "failure";
    await answer?.finish({ conclusion, failure: { message } }, desk.timeline.elapsed());
    return endedReport(conclusion, message);
  }
}

/** Undefined where the step does not wait to be asked. */
function listen(settings: Partial<Settings>, event: GitHubEvent | undefined): Listened | undefined {
  const triggers = triggersOf(
    settings["trigger-phrase"],
    settings["trigger-label"],
    settings["trigger-assignee"],
  );
  return triggers && askOf(triggers, event);
}

/** @throws Trouble */
async function arrange(
  desk: Desk,
  settings: Partial<Settings>,
  listened: Listened | undefined,
  answer: Answering | undefined,
): Promise<Work | Report> {
  const { event, log, redactor, timeline, environment, cancelled } = desk;
  const ask = listened?.ask;
  const edited = listened?.ask && listened.refused;
  const refuse = async (why: string, told = true) => {
    if (cancelled.aborted) {
      throw new Cancelled(); // what could not be found out because of that refuses nobody
    }
    log.warning(`nothing was started: ${why}`);
    if (told) {
      await answer?.refuse(why);
    }
    return skippedReport(redactor.redact(why));
  };
  const forbidden = await timeline.measure("ask who may start it", () =>
    whyNotPermitted({ settings }, { event, environment, cancelled }),
  );
  if (forbidden !== undefined) {
    // who may edit a text without end would get as many replies
    return refuse(forbidden, edited === undefined);
  }
  if (edited !== undefined) {
    return refuse(edited);
  }
  const api = await apiFor(desk, settings);
  const changed = ask && (await whyNotAsAsked(api, ask));
  if (changed !== undefined) {
    return refuse(changed);
  }
  const pull = await pullOf(api, ask, event);
  if (typeof pull === "string") {
    return refuse(pull);
  }
  if (pull?.isFork && !settings["allow-forks"] && !isForksOwn(event, ask)) {
    return refuse(
      `pull request ${pull.number} is from a fork, whose code is a stranger's; \`allow-forks: true\` lets it be worked on`,
    );
  }
  if (ask !== undefined) {
    const where = ask.isPullRequest ? "pull request" : "issue";
    log.info(`${oneLine(ask.by, 100)} asks at ${where} ${ask.number}`);
  }
  const busy = answer && (await timeline.measure("begin the answer", () => answer.begin(pull)));
  if (busy !== undefined) {
    log.warning(`nothing was started: ${busy}`);
    return skippedReport(redactor.redact(busy));
  }
  if ((settings.checkout ?? "head") === "head") {
    await timeline.measure("check out the head", () => bringHead(desk, settings, pull, ask));
  }
  return { ask, pull, answer, permitted: settings };
}

/** A fork's own `pull_request` runs without secrets and without rights: its code may be worked on there. */
function isForksOwn(event: GitHubEvent | undefined, ask: Ask | undefined): boolean {
  return event?.name === "pull_request" && ask === undefined;
}

async function apiFor({ environment, cancelled }: Desk, settings: Partial<Settings>): Promise<Api> {
  const api = await apiOf(settings, environment, cancelled, AbortSignal.timeout(answerMs));
  if (api === undefined) {
    const missing =
      settings["github-token"] === undefined
        ? "`github-token` is empty"
        : "`GITHUB_REPOSITORY` is not set";
    throw new Trouble(`what is asked cannot be looked up on GitHub: ${missing}`);
  }
  return api;
}

/** Undefined at an issue; a text says why there is nothing to work on. */
async function pullOf(
  api: Api,
  ask: Ask | undefined,
  event: GitHubEvent | undefined,
): Promise<PullRequest | string | undefined> {
  if (ask !== undefined) {
    return ask.isPullRequest ? readPullRequest(api, ask.number, ask) : undefined;
  }
  const pull = event && pullOfEvent(event);
  if (pull === undefined) {
    throw new Trouble(
      `\`checkout: head\`: the event \`${event?.name ?? "none"}\` does not belong to a pull request; use \`actions/checkout\` there`,
    );
  }
  const { number, head } = pull;
  return readPullRequest(api, number, { head, at: new Date().toISOString() });
}

/** @throws Trouble */
async function bringHead(
  { workspace, environment, folder, cancelled, log }: Desk,
  settings: Partial<Settings>,
  pull: PullRequest | undefined,
  ask: Ask | undefined,
): Promise<void> {
  if (pull === undefined) {
    if (settings.checkout === "head") {
      log.notice(`\`checkout: head\` has no effect at issue ${ask?.number}: it has no branch`);
    }
    return;
  }
  const depth = settings["fetch-depth"];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { warnings, notices } = await checkOut({
    workspace,
    serverUrl: environment.GITHUB_SERVER_URL || "https://github.com",
    repository: environment.GITHUB_REPOSITORY ?? "",
    token: settings["github-token"],
    number: pull.number,
    head: pull.head,
    base: pull.base,
    depth: depth === undefined ? undefined : Number(depth),
    environment,
    signal: cancelled,
    scratch: folder,
  });
  log.info(`checked out ${pull.head.sha.slice(0, 12)}, the head of pull request ${pull.number}`);
  for (const warning of warnings) {
    log.warning(warning);
  }
  for (const notice of notices) {
    log.notice(notice);
  }
}
