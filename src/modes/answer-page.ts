import { z } from "zod";
import { type AnswerState, answerMark } from "../github/answer-mark.ts";
import {
  type AnswerKind,
  editAnswer,
  type GivenAnswer,
  ownLogin,
  replyTo,
} from "../github/answers.ts";
import { type Api, apiClient, apiUrlOf, refusalOf } from "../github/client.ts";
import { type OwnAnswer, ownAnswers } from "../github/own-answers.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Ask } from "../policy/ask.ts";
import { answerText, askedText } from "../report/answer.ts";
import { commentKey } from "../report/comment.ts";
import type { Settings } from "../settings/schema.ts";
import { commentLimit, whyNotWritten } from "./comment.ts";
import type { PostState } from "./post-state.ts";

/** What an answer needs of the world: it may have to be given before there is a job. */
export interface AnswerWorld {
  /** As far as they are known: the workflow's own do. The same for every attempt of a run. */
  readonly settings: Partial<Settings>;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Pick<Log, "info" | "warning">;
  readonly redactor: Pick<Redactor, "redact">;
  /** Fires when the step is cancelled. */
  readonly cancelled: AbortSignal;
  /** Keeps a value for `post`. */
  readonly remember: (state: PostState) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The place of one answer on GitHub: what stands there, and how it is written. */
export interface AnswerPage {
  readonly run: string;
  readonly attempt: number;
  /** What was asked with; two questions of one kind differ where each has a number. */
  readonly asked: string;
  /** What this run has written there, as far as that is known. */
  current(): GivenAnswer | undefined;
  /** Asks something of GitHub. Answers why that did not work, in a sentence without its full stop. */
  attend(work: (api: Api) => Promise<void>): Promise<string | undefined>;
  /** Whose comments are ours; asked for once. */
  account(api: Api): Promise<string>;
  /**
   * The answers of this account, and in them what this run wrote.
   *
   * @param since undefined for all
   */
  read(api: Api, since: Date | undefined): Promise<readonly OwnAnswer[]>;
  /** Writes, or edits what was written. What somebody has deleted meanwhile is written again. */
  put(api: Api, state: AnswerState, said: string): Promise<GivenAnswer>;
  /** The whole text of an answer. */
  textOf(kind: AnswerKind, state: AnswerState, said: string): string;
}

/** On an own server REST has a version in its path, and GraphQL stands beside it. */
function graphqlUrl({ GITHUB_GRAPHQL_URL: url, GITHUB_API_URL: rest }: NodeJS.ProcessEnv) {
  return url || (rest && `${rest.replace(/\/v3\/?$/, "")}/graphql`);
}

export function answerPage(ask: Ask, world: AnswerWorld): AnswerPage {
  const { settings, environment, redactor, cancelled } = world;
  const { number, isPullRequest, by } = ask;
  const run = environment.GITHUB_RUN_ID || "0";
  const attempt = Number(environment.GITHUB_RUN_ATTEMPT) || 1;
  const asked = "id" in ask.asked ? `${ask.asked.kind}-${ask.asked.id}` : ask.asked.kind;
  const step = commentKey(environment, settings, asked);
  const question = askedText({ ...ask, question: redactor.redact(ask.question) }, environment);
  let current: GivenAnswer | undefined;
  let login: Promise<string> | undefined;

  const account = (api: Api) => {
    const asked = login ?? ownLogin(api, graphqlUrl(environment));
    login = asked;
    asked.catch(() => {
      login = undefined; // whoever waits for it meets it; the next asks again
    });
    return asked;
  };
  const textOf: AnswerPage["textOf"] = (kind, state, said) => {
    const mark = answerMark({ run, attempt, step, asked, by, state });
    // in a thread the question stands right above
    return answerText(mark, kind === "reply" ? "" : question, said);
  };
  return {
    run,
    attempt,
    asked,
    textOf,
    account,
    current: () => current,

    async attend(work) {
      const { GITHUB_REPOSITORY: repository } = environment;
      const token = settings["github-token"];
      if (token === undefined || !repository) {
        return token === undefined
          ? "there is no `github-token`"
          : "`GITHUB_REPOSITORY` is not set";
      }
      const signal = commentLimit(cancelled);
      const access = { repository, token, apiUrl: apiUrlOf(environment), signal };
      try {
        await work(await apiClient(access));
        return undefined;
      } catch (error) {
        if (signal.aborted) {
          return "GitHub did not answer in time";
        }
        return error instanceof z.ZodError
          ? "GitHub's answer is not understood"
          : whyNotWritten(error, isPullRequest ? "pull-requests: write" : "issues: write");
      }
    },

    async read(api, since) {
      const found = await ownAnswers(api, account(api), { number, isPullRequest, since });
      current ??= found.find((one) => one.run === run && one.step === step);
      return found;
    },

    async put(api, state, said) {
      if (current !== undefined) {
        try {
          await editAnswer(api, current, textOf(current.kind, state, said));
          return current;
        } catch (error) {
          if (refusalOf(error).status !== 404) {
            throw error;
          }
        }
      }
      current = await replyTo(api, ask, (kind) => textOf(kind, state, said));
      return current;
    },
  };
}
