import { apiUrlOf } from "../github/client.ts";
import { defaultBranchOf } from "../github/default-branch.ts";
import { steers } from "../policy/steering.ts";
import type { Job } from "../settings/load.ts";
import { putBack } from "../task/steering/put-back.ts";
import { type Replaced, replaceSteering } from "../task/steering/replace.ts";
import { Cancelled, type Runtime } from "./runtime.ts";

// On events that strangers can cause, what steers an agent is the default branch's, not the checkout's.

/** How long GitHub may take to answer all that is asked. */
const answerMs = 20_000;

/** What a task has to do with it. */
export interface Steering {
  /** Undefined where nothing is to be replaced; the workspace may be looked at and given away when it is there. */
  readonly replaced: Promise<Replaced | undefined>;
  /** Undoes it, once nothing of the task runs any more and the workspace is the runner's again. Never fails. */
  readonly putBack: () => Promise<readonly string[]>;
}

/**
 * Does something with a workspace without a stranger's steering files, which come back however it ends. They are
 * replaced meanwhile: `act` waits for it before the task.
 */
export async function withoutStrangersSteering<T>(
  job: Job,
  runtime: Runtime,
  act: (job: Job, steering: Steering) => Promise<T>,
): Promise<T> {
  if (job.trusted) {
    return act(job, { replaced: Promise.resolve(undefined), putBack: async () => [] });
  }
  const over = new AbortController();
  const replaced = replace(job, runtime, over.signal);
  replaced.catch(() => {}); // whoever waits for it meets it
  let undone: Promise<readonly string[]> | undefined;
  const once = () => {
    undone ??= undo(replaced, runtime);
    return undone;
  };
  try {
    return await act(await whereFilesAre(job, replaced), { replaced, putBack: once });
  } finally {
    over.abort(); // what failed earlier does not wait for GitHub
    // a task has told them already, if there was one
    const told = undone !== undefined;
    for (const warning of await once()) {
      if (!told) {
        runtime.log.warning(warning);
      }
    }
  }
}

async function replace(
  { workspace, settings }: Job,
  { environment, folder, cancelled, log, timeline, remember }: Runtime,
  over: AbortSignal,
): Promise<Replaced> {
  const signal = AbortSignal.any([cancelled, over]);
  const branch = defaultBranchOf({
    repository: environment.GITHUB_REPOSITORY || undefined,
    token: settings["github-token"],
    apiUrl: apiUrlOf(environment),
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  });
  const begun = () => remember({ steering: true });
  const options = { workspace, scratch: folder, tree: branch.tree, begun, signal };
  const replaced = await timeline
    .measure("replace what steers agents", () => replaceSteering(options))
    .catch((error) => {
      throw cancelled.aborted ? new Cancelled() : error;
    });
  if (replaced.line !== undefined) {
    log.info(replaced.line);
  }
  for (const warning of replaced.warnings) {
    log.warning(warning);
  }
  return replaced;
}

async function undo(
  replaced: Promise<unknown>,
  { folder, cancelled, remember }: Runtime,
): Promise<readonly string[]> {
  await replaced.catch(() => {});
  const known = cancelled.aborted; // the runner kills this process soon
  const { warnings, unfinished } = await putBack(folder, { known });
  if (!unfinished) {
    remember({ steering: null });
  }
  return warnings;
}

/** Files of `cached-files` are read when a build needs them, and are those that the key was made of. */
async function whereFilesAre(job: Job, replaced: Promise<Replaced>): Promise<Job> {
  if (!job.cachedFiles.some(({ path }) => steers(path))) {
    return job;
  }
  const { whereIs } = await replaced;
  const cachedFiles = job.cachedFiles.map((file) => ({
    ...file,
    source: whereIs(file.path) ?? file.source,
  }));
  return { ...job, cachedFiles };
}
