/** How far an answer is: somebody works on it, it is given, or it was refused and nothing was started. */
export type AnswerState = "working" | "done" | "refused";

/** What an answer says of itself, where nobody sees it: whose question it answers, and which run. */
export interface AnswerMark {
  /** The run's id, which a re-run keeps. */
  readonly run: string;
  readonly attempt: number;
  /** Tells the steps of one run apart, and the legs of a matrix. */
  readonly step: string;
  /** What was asked with, and its id where it has one: `issue-comment-123`. */
  readonly asked: string;
  /** Who asked, by login. */
  readonly by: string;
  readonly state: AnswerState;
}

/** The first line of an answer's text. */
export function answerMark({ run, attempt, step, asked, by, state }: AnswerMark): string {
  const word = (text: string) => text.replace(/[^\w.[\]-]/g, "_") || "_";
  return `<!-- agent-runner: answer run=${word(run)} attempt=${attempt} step=${word(step)} asked=${word(asked)} by=${word(by)} state=${state} -->`;
}

const line =
  /^<!-- agent-runner: answer run=(\d{1,20}) attempt=(\d{1,6}) step=([\w.-]{1,200}) asked=([\w.-]{1,100}) by=([\w.-]{1,100}(?:\[bot\])?) state=(working|done|refused) -->/;

/** What a comment's text says of itself; undefined for one that is no answer. Anybody may write it: see `OwnAnswer`. */
export function readAnswerMark(body: string): AnswerMark | undefined {
  const [, run, attempt, step, asked, by, state] = line.exec(body) ?? [];
  return run === undefined || step === undefined || asked === undefined || by === undefined
    ? undefined
    : { run, attempt: Number(attempt), step, asked, by, state: state as AnswerState };
}
