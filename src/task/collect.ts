import type { ContainerState } from "../engine/containers.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Timeline } from "../log/timeline.ts";
import { reasonOf } from "../log/trouble.ts";
import { leftOutText } from "./allowance.ts";
import { namesWithoutSecrets } from "./artifact-names.ts";
import type { Container } from "./container.ts";
import type { End } from "./ends.ts";
import type { Unpacked } from "./extract.ts";
import type { Notes } from "./notes.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { notKept, readSessions } from "./sessions.ts";
import { readTail } from "./transcript.ts";

/** What the task leaves on this machine. */
export interface Places {
  readonly artifactsPath: string;
  readonly agentStreamPath: string;
  readonly transcriptPath: string;
}

/** What the container has to say once it has ended. */
export interface Evidence extends End {
  readonly state: ContainerState;
  readonly notes: Notes;
  readonly artifacts: readonly string[];
  /** Why some of them are not there. */
  readonly lost: readonly string[];
  readonly tail: string;
  /** A folder with the agent's sessions, to be kept once nothing of the task runs any more. */
  readonly sessions: string | undefined;
}

/** Reads all that the ended container left. */
export async function collect(
  request: TaskRequest,
  container: Container,
  { artifactsPath, transcriptPath }: Places,
  end: End,
  startedAt: number,
  { timeline, redactor }: TaskTools,
): Promise<Evidence> {
  const [state, notes, artifacts, tail] = await Promise.all([
    container.state(),
    container.notes(),
    readArtifacts(request, container, artifactsPath, redactor),
    readTail(transcriptPath),
  ]);
  recordStart(timeline, startedAt, notes);
  const warnings = [...end.warnings, ...artifacts.warnings];
  const sessions = await readSessions(request, container, notes, warnings).catch((error) => {
    warnings.push(notKept(error));
    return undefined;
  });
  const { files, lost } = artifacts;
  return { ...end, warnings, state, notes, artifacts: files, lost, tail, sessions };
}

/** Copies the artifacts out of the container, as many as may be. */
async function readArtifacts(
  { job }: TaskRequest,
  container: Container,
  folder: string,
  redactor: Redactor,
) {
  let found: Unpacked | undefined;
  const lost: string[] = [];
  try {
    const limit = job.settings["artifacts-limit"];
    found = await container.artifacts(folder, limit, namesWithoutSecrets(redactor));
  } catch (error) {
    lost.push(`the task's artifacts could not be read: ${reasonOf(error)}`);
  }
  const { files = [], failed } = found ?? {};
  if (failed !== undefined) {
    lost.push(
      `the task's artifacts could not all be kept: ${reasonOf(failed)}; ${files.length} of them are in ${folder}`,
    );
  }
  const cut = found && leftOutText(found.leftOut, "the artifacts");
  return { files, lost, warnings: cut === undefined ? [] : [cut] };
}

/** The start script noted when it reached the command: what came before is the preparation. */
function recordStart(timeline: Timeline, startedAt: number, notes: Notes): void {
  const reached = Number(notes.get("started")?.toString("utf8")) * 1000;
  // a remote engine's clock may be another one
  if (reached >= startedAt && reached <= Date.now()) {
    timeline.record("reach the command", startedAt, reached);
  }
}
