import type { GitHubEvent } from "../github/event.ts";
import type { PullRequest } from "../github/pull-request.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Timeline } from "../log/timeline.ts";
import type { Ask } from "../policy/ask.ts";
import type { RawSettings } from "../settings/raw.ts";
import type { Settings } from "../settings/schema.ts";
import type { Answering } from "./answer.ts";
import type { PostState } from "./post-state.ts";

/** What there is before there is a job. */
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

/** What there is to work on where nobody asks. */
export const noWork: Work = {
  ask: undefined,
  pull: undefined,
  answer: undefined,
  permitted: undefined,
};
