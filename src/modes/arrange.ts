import { mkdir } from "node:fs/promises";
import { checkOut } from "../checkout/checkout.ts";
import { whyNotAsAsked } from "../github/asked-text.ts";
import type { Api } from "../github/client.ts";
import type { GitHubEvent } from "../github/event.ts";
import { type PullRequest, readPullRequest } from "../github/pull-request.ts";
import { pullOfEvent } from "../github/pull-request-event.ts";
import { oneLine } from "../log/text.ts";
import { Trouble } from "../log/trouble.ts";
import type { Ask, Listened } from "../policy/ask.ts";
import type { Report } from "../report/report.ts";
import { endedReport, skippedReport } from "../report/run-report.ts";
import type { Settings } from "../settings/schema.ts";
import { type Answering, answerTo } from "./answer.ts";
import { apiOf } from "./api.ts";
import { authoritiesBeforeJob, filesForGit } from "./authorities.ts";
import { whyNotPermitted } from "./permission.ts";
import { Cancelled } from "./runtime.ts";
import { type Desk, noWork, type Work } from "./work.ts";

// What is done once somebody asks, or a head is to be brought. Loaded only then: a step that nobody asks starts sooner.

/** How long GitHub may take to tell all that is asked about a question. */
const answerMs = 20_000;

/**
 * Finds out about what and whether it may, says that work goes on, and brings the tree; or ends with the report that says
 * why not.
 *
 * @param settings what the workflow's inputs alone say
 * @param isWrong something of them cannot be used, which is told with all the rest
 * @throws what is a bug
 */
export async function arrangeWork(
  desk: Desk,
  settings: Partial<Settings>,
  listened: Listened | undefined,
  isWrong: boolean,
): Promise<Work | Report> {
  const ask = listened?.ask;
  const answer = ask && answerTo(ask, { ...desk, settings });
  if (isWrong) {
    return { ...noWork, answer };
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
  desk: Desk,
  settings: Partial<Settings>,
  pull: PullRequest | undefined,
  ask: Ask | undefined,
): Promise<void> {
  const { workspace, environment, folder, cancelled, log } = desk;
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
    authorities: filesForGit(authoritiesBeforeJob(desk), folder),
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
