import type { Engine } from "../../engine/engine.ts";
import type { BaseFacts } from "./base-entry.ts";
import type { BaseBlobs } from "./blobs/base-blobs.ts";

/** What a run tells its Actions-cache store. */
export interface ActionsCacheOptions {
  readonly engine: Engine;
  /** The run's own folder. */
  readonly folder: string;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** A file with further authorities for the worker; undefined where it knows of all by itself. */
  readonly authorities?: () => Promise<string | undefined>;
  readonly read: boolean;
  readonly write: boolean;
  /** Why not, for the one notice about it. */
  readonly why?: string | undefined;
  /** What the base's own registry serves; undefined where the base is only in this engine. */
  readonly base: BaseBlobs | undefined;
  /** What is kept of the base beside an image that is saved; nothing of one that only this engine has. */
  readonly facts?: BaseFacts | undefined;
  /** Begins our registry's part of image names, so that `post` finds them when this process is killed. */
  readonly runId: string;
  /** `name=value` that marks the run's containers. */
  readonly label: string;
  /** A pull or push never takes longer than a build may. */
  readonly limitMs: number;
  /** Without progress for so long, the cache is given up for this run; a minute unless given. */
  readonly stallMs?: number;
  readonly signal: AbortSignal;
  readonly notice: (message: string) => void;
  /** The worker's program, if it is not the one beside this. */
  readonly workerEntry?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether the engine is out of our loopback's reach; told by the engine's address unless given. */
  readonly remote?: boolean;
}
