import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Docker, dockerCli } from "../docker.ts";
import type { Log } from "../report/log.ts";
import { createTimeline, type Timeline } from "../report/timeline.ts";
import { Trouble } from "../trouble.ts";

/** What a mode works with: the world, passed in. */
export interface Runtime {
  readonly docker: Docker;
  readonly log: Log;
  readonly timeline: Timeline;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Tells this run's containers from all others. */
  readonly runId: string;
  /** This run's own folder: transcript, artifacts, build contexts. It stays for the steps that follow. */
  readonly folder: string;
  /** Fires when the step is cancelled. */
  readonly cancelled: AbortSignal;
}

/** The step was cancelled before there was a task. */
export class Cancelled extends Trouble {
  constructor() {
    super("the step was cancelled");
  }
}

export function newRunId(): string {
  return randomBytes(8).toString("hex");
}

export async function createRuntime(options: {
  log: Log;
  runId: string;
  environment: NodeJS.ProcessEnv;
  cancelled: AbortSignal;
}): Promise<Runtime> {
  const { environment, log } = options;
  const timeline = createTimeline();
  const folder = join(environment.RUNNER_TEMP || tmpdir(), `agent-runner-${options.runId}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const debug = environment.RUNNER_DEBUG === "1";
  const docker = dockerCli(environment, (args) => {
    if (debug) {
      log.info(`docker ${args.join(" ")}`);
    }
  });
  return { ...options, docker, timeline, folder };
}
