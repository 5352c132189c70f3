import type { Launch } from "../agents/agent.ts";
import type { Engine } from "../engine/engine.ts";
import type { Content } from "../layers/content.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Timeline } from "../log/timeline.ts";
import type { Job } from "../settings/load.ts";
import type { GitEntry } from "./changes/git-folder.ts";
import type { Watching } from "./changes/watch.ts";
import type { Owed } from "./workspace/lease.ts";

/** Everything that one task needs. */
export interface TaskRequest {
  readonly job: Job;
  /** What the container is made from; it is in the engine. */
  readonly image: string;
  /** Another image, where this one is out of a store and cannot be started; undefined for one that nobody else has. */
  readonly instead: Instead | undefined;
  /** What the image lacks, in the order it is installed. */
  readonly missing: readonly Content[];
  /** Who the container runs as, where it is not the image's own user: `uid[:gid]`. */
  readonly user: string | undefined;
  /** The image's own user, as the image names it; empty for root. */
  readonly imageUser: string;
  readonly runId: string;
  /** Where transcript and artifacts go. */
  readonly folder: string;
  /** Everything the task sees, names unique: the job's context and the user's `env`. */
  readonly environment: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  /** What scripts get that are run as a build would; the task has them in its environment. */
  readonly proxies: ReadonlyMap<string, string>;
  /** The agent's command line and what belongs to it; undefined for a command. */
  readonly launch: Launch | undefined;
  /** Stands on a line of its own before what the agent writes; empty where its stream is not read. */
  readonly mark: string;
  /** Where sessions are kept on this machine, if they are. */
  readonly sessionPath: string | undefined;
  /** What the task gets of GitHub, by its path below the context folder: texts of others. */
  readonly contextFiles: ReadonlyMap<string, Buffer>;
  /** Text of the scripts that ship, by their path in the task folder. */
  readonly assets: ReadonlyMap<string, string>;
  readonly cancelled: AbortSignal;
  /** Keeps what `post` needs to know, should this process be killed or fail to clean up. */
  readonly remember: (left: LeftToPost) => void;
  /** Begun before the task: it takes as long as looking for the image does. */
  readonly watching: Promise<Watching>;
  /** Puts back what steers an agent and was replaced for the task; answers what the user should know. Never fails. */
  readonly putBack: () => Promise<readonly string[]>;
}

/** What is done about an image that a cache had and no container begins from. */
export interface Instead {
  /** Why the image cannot be started, whatever the task asks of its container; undefined where it can. */
  whyNot(): Promise<string | undefined>;
  /** Sets the image aside, and answers the same task from another one. */
  next(why: string): Promise<TaskRequest>;
}

/** What `post` finds to do when this process could not. */
export interface LeftToPost {
  /** The workspace is to be handed back; null once it has been, or is lost. */
  readonly workspace?: Owed | null;
  /** The container could not be removed. */
  readonly container?: true;
  /** What stood at the workspace's `.git`, where the task can put something else there; null once it is seen to. */
  readonly git?: { readonly workspace: string; readonly entry: GitEntry } | null;
  /** Files that steer an agent are to be put back; null once they are. */
  readonly steering?: true | null;
}

export interface TaskTools {
  readonly engine: Engine;
  readonly log: Log;
  readonly redactor: Redactor;
  readonly timeline: Timeline;
  /** The step's own. */
  readonly environment: NodeJS.ProcessEnv;
}
