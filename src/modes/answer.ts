import type { Api } from "../github/client.ts";
import { type OwnAnswer, ownAnswers } from "../github/own-answers.ts";
import type { PullRequest } from "../github/pull-request.ts";
import type { Ask } from "../policy/ask.ts";
import { countedMs, isOlder, whyTooMany } from "../policy/limits.ts";
import { endText, killedText, refusalText, workingText } from "../report/answer.ts";
import { commentWay, type Told } from "../report/comment.ts";
import type { Settings } from "../settings/schema.ts";
import { busy, type Refusal, rivalOf } from "./answer-limits.ts";
import { type AnswerWorld, answerPage } from "./answer-page.ts";
import { Cancelled } from "./runtime.ts";

type Head = Pick<PullRequest, "head" | "movedTo"> | undefined;

/** The answer to one question, from the first word to the last. What cannot be written is a warning. */
export interface Answering {
  /**
   * Says that work goes on, if the limits let it. Once, when it is known that who asks may.
   *
   * @param pull undefined at an issue
   * @returns why nothing may be started; that has been said on GitHub, too
   * @throws Cancelled
   */
  begin(pull: Head): Promise<string | undefined>;
  /**
   * Says how it ended.
   *
   * @param ms how long it took in all
   * @param settings those of the job, which may know more than the workflow's
   */
  finish(told: Told, ms: number, settings?: Partial<Settings>): Promise<void>;
  /** Says why nothing is started: a sentence without its full stop. A question gets one reply at most. */
  refuse(why: string): Promise<void>;
}

/** Does nothing yet. Where the settings want no answers, none is given, and nothing is limited. */
export function answerTo(ask: Ask, world: AnswerWorld): Answering {
  const { settings, environment, log, cancelled, remember, now = Date.now } = world;
  if (commentWay(settings.comment, true) !== "answer") {
    return { begin: async () => undefined, finish: async () => {}, refuse: async () => {} };
  }
  const redact = (text: string) => world.redactor.redact(text);
  const page = answerPage(ask, world);
  const { run, attempt } = page;
  const { isPullRequest } = ask;
  const limit = settings["max-runs-per-day"];
  let pullRequest: Head;
  let begun = false;
  let lastWarning = "";

  const warn = (what: string, why: string | undefined) => {
    const warning = why === undefined ? "" : `${what}: ${why}`;
    if (warning !== lastWarning && warning !== "") {
      log.warning(warning);
      lastWarning = warning; // it is likely to happen again at the end
    }
  };
  /** Each request has its time, of which a cancel leaves little. */
  const goOn = () => {
    if (cancelled.aborted) {
      throw new Cancelled();
    }
  };
  const notWritten = "the answer could not be written";
  const countedFrom = () => new Date(now() - countedMs);
  const putRefusal = async (api: Api, { why, link }: Refusal) => {
    await page.put(api, "refused", refusalText(redact(why), environment, link));
    remember({ answer: null });
  };
  /** What speaks against it, of the answers that count. */
  const whyOver = async (
    api: Api,
    since: Date | undefined,
    counts: (one: OwnAnswer) => boolean = () => true,
  ): Promise<Refusal | undefined> => {
    const [here, everywhere] = await Promise.all([
      page.read(api, since),
      limit === undefined ? [] : ownAnswers(api, page.account(api), { since: countedFrom() }),
    ]);
    const runs = everywhere.filter(counts);
    const why = limit && whyTooMany(limit, runs, { run, by: ask.by }, now());
    const rival =
      why === undefined ? await rivalOf(api, here.filter(counts), run, now()) : undefined;
    return why !== undefined ? { why } : rival && busy(rival, isPullRequest);
  };
  const putWorking = async (api: Api) => {
    const { kind, id } = await page.put(api, "working", workingText(pullRequest, environment));
    const text = page.textOf(kind, "done", killedText(environment));
    remember({ answer: { kind, id, text } });
  };
  /** Answers why it is refused. */
  const started = async (): Promise<Refusal | undefined> => {
    let refusal: Refusal | undefined;
    const unread = await page.attend(async (api) => {
      // an earlier attempt may be long ago
      const since = attempt === 1 ? countedFrom() : undefined;
      refusal = await whyOver(api, since);
    });
    goOn();
    if (unread !== undefined && limit !== undefined) {
      refusal = { why: `\`max-runs-per-day\` could not be counted: ${unread}` };
    }
    const known = refusal;
    if (known !== undefined) {
      warn(notWritten, await page.attend((api) => putRefusal(api, known)));
      return known;
    }
    warn("it is not known whether another run is at work here", unread);
    if (unread !== undefined && attempt > 1) {
      return undefined; // nor what there is to be edited
    }
    const unwritten = await page.attend(putWorking);
    goOn();
    warn(notWritten, unwritten);
    if (unwritten !== undefined) {
      const why = `the run could not be noted for \`max-runs-per-day\`: ${unwritten}`;
      return limit === undefined ? undefined : { why };
    }
    const unchecked = await page.attend(async (api) => {
      // those that began at the same moment did not see each other: the first ones go on
      const own = page.current();
      const isFirst = (one: OwnAnswer) => own !== undefined && isOlder(one, own);
      refusal = await whyOver(api, countedFrom(), isFirst);
      if (refusal !== undefined) {
        await putRefusal(api, refusal);
      }
    });
    warn("it is not known whether another run has begun here", unchecked);
    return refusal;
  };

  return {
    async begin(pull) {
      pullRequest = pull;
      begun = true;
      const refusal = await started();
      goOn();
      return refusal?.why;
    },

    async finish(told, ms, known = settings) {
      const { failure, agent, handedOver } = told;
      const clean: Told = {
        ...told,
        failure: failure && { ...failure, message: redact(failure.message) },
        agent: agent && { ...agent, message: agent.message && redact(agent.message) },
        handedOver: handedOver && redact(handedOver),
      };
      const unwritten = await page.attend(async (api) => {
        if (page.current() === undefined && attempt > 1) {
          await page.read(api, undefined);
        }
        // what came to nothing before it was begun counts as little as a refusal
        const state = begun ? "done" : "refused";
        await page.put(api, state, endText(known, clean, ms, pullRequest, environment));
        remember({ answer: null });
      });
      warn(notWritten, unwritten);
    },

    async refuse(why) {
      const unwritten = await page.attend(async (api) => {
        const from = attempt === 1 ? Date.parse(ask.at) : Number.NaN;
        const since = Number.isNaN(from) ? undefined : new Date(from);
        const here = await page.read(api, since);
        const other = here.find((one) => one.asked === page.asked && one.run !== run);
        // a label can be set again, and is another question then
        const isText = ask.asked.kind !== "label" && ask.asked.kind !== "assignment";
        if (page.current() === undefined && isText && other !== undefined) {
          log.info(`this question has its reply already, by run ${other.run}`);
          return;
        }
        await putRefusal(api, { why });
      });
      warn(notWritten, unwritten);
    },
  };
}
