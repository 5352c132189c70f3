import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { withAdvice } from "../engine/advice.ts";
import type { ContainerState, Running } from "../engine/containers.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import type { UntrustedOutput } from "../log/log.ts";
import { archive } from "./archive.ts";
import { type Container, containerNamed, firstContainerName, installedName } from "./container.ts";
import { firstContainerSpec } from "./container-spec.ts";
import { type End, noEnd } from "./ends.ts";
import { ended, keptTranscript } from "./kept-file.ts";
import { whyGone, whyNotUp } from "./not-begun.ts";
import { archivedFor } from "./owner.ts";
import { provision, provisionEntries, ScriptFailed } from "./provision.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { taskFolder } from "./start-script.ts";
import type { Stop } from "./stop.ts";
import { TaskOutput } from "./task-output.ts";
import { readTail } from "./transcript.ts";

/** What the task starts from, once everything is installed. */
export interface Start {
  readonly image: string;
  /** An optional desktop could not be installed: half of one may start, and be of no use. */
  readonly withoutDesktop: boolean;
  /** A container that has volumes of its image's, with what was installed in them. */
  readonly volumesFrom: string | undefined;
  readonly warnings: readonly string[];
}

/** The task ends before it has a container of its own. */
export interface EndedEarly {
  readonly end: End;
  readonly state: ContainerState;
}

/**
 * Installs what no image provides in a container of its own that has a build's rights, and keeps that as an image of
 * this engine and this run alone. So a task starts from the same files whether an image was found or not, and in the
 * same box.
 *
 * @throws ContainerTrouble
 */
export async function installFirst(
  request: TaskRequest,
  log: UntrustedOutput,
  stop: Stop,
  transcriptPath: string,
  tools: TaskTools,
): Promise<Start | EndedEarly> {
  const { engine } = tools;
  const container = containerNamed(engine, firstContainerName(request.runId));
  const warnings: string[] = [];
  const transcript = keptTranscript(transcriptPath, warnings);
  const output = new TaskOutput(transcript.stream, log, tools.redactor);
  const input = new PassThrough();
  let withoutDesktop = false;
  /** All that it wrote, once it has ended. */
  const said = async (running: Running) => {
    await running.done;
    await ended(output);
    await transcript.end();
    return readTail(transcriptPath).catch(() => "");
  };
  const notStarted = (why: string) =>
    new ContainerTrouble(`the container for what is to be installed did not start: ${why}`);
  const early = async (scriptFailed?: ScriptFailed): Promise<EndedEarly> => ({
    end: { ...noEnd, ended: stop.why(), scriptFailed, warnings },
    state: await container.state().catch(() => unknown),
  });
  try {
    const volumesFrom = await create(request, container, tools);
    if (stop.signal.aborted) {
      return await early();
    }
    stop.running(() => container.kill().catch(() => {}));
    const running = container.start({ stdout: output, stderr: output }, input);
    const notUp = await started(container);
    if (notUp !== undefined) {
      throw notStarted(whyNotUp(notUp, await said(running)));
    }
    await provision(container, {
      missing: request.missing,
      secrets: [...request.secrets.keys()],
      imageUser: request.imageUser,
      proxies: request.proxies,
      output,
      redact: tools.redactor.redact,
      timeline: tools.timeline,
      signal: stop.signal,
      onOptionalFailure: (error) => {
        withoutDesktop = true;
        warnings.push(
          `${error.message}; the task goes on without a desktop (\`headless-desktop: optional\`)`,
        );
      },
    });
    input.end();
    await running.done;
    if (stop.signal.aborted) {
      return await early();
    }
    const image = await tools.timeline.measure("keep what was installed", () =>
      keep(request, container, stop, tools),
    );
    return { image, withoutDesktop, volumesFrom, warnings };
  } catch (error) {
    if (error instanceof ScriptFailed) {
      const ended = await early(error);
      const tail = await readTail(transcriptPath).catch(() => "");
      const why = stop.signal.aborted ? undefined : whyGone(ended.state, tail);
      if (why !== undefined) {
        throw notStarted(why);
      }
      return ended;
    }
    if (stop.signal.aborted) {
      return await early(); // it was ended under us, as it should
    }
    throw error;
  } finally {
    stop.running(async () => {});
    input.end();
    await ended(output);
    await transcript.end();
  }
}

/** What is said of a container that nothing is known of. */
const unknown: ContainerState = {
  Status: "",
  Running: false,
  ExitCode: 137,
  OOMKilled: false,
  Error: "",
};

/** Answers whose volumes the task needs, if any. */
async function create(
  request: TaskRequest,
  container: Container,
  { engine }: TaskTools,
): Promise<string | undefined> {
  const { runId, image: reference, job } = request;
  const options = { name: container.name, runId, image: reference, settings: job.settings };
  const created = await engine.containers.create(firstContainerSpec(options));
  if ("kind" in created) {
    throw new ContainerTrouble(
      `the container for what is to be installed could not be created: ${withAdvice(created)}`,
    );
  }
  const entries = await provisionEntries(request.missing, request.secrets, job.certificates);
  // a script that asks for the workspace's folder finds one, with nothing of the workspace in it
  const folders = [taskFolder, `${taskFolder}/build`, job.settings["container-workdir"]];
  const owner = await archivedFor(engine, container, request.imageUser);
  const whose = owner === undefined ? "container's user" : "as archived";
  await container.copyIn(archive(entries, folders, owner), whose);
  const image = await engine.images.inspect(reference);
  return image?.hasVolumes ? container.name : undefined;
}

/** An engine that has much else to do may take its time. */
const startMs = 60_000;

/** Waits until commands can be run in the container; its first process waits for us. Answers how it ended, if it did. */
async function started(container: Container): Promise<ContainerState | undefined> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    const state = await container.state();
    if (state.Running) {
      return undefined;
    }
    if (state.Status === "exited" || state.Error !== "") {
      return state;
    }
    await pause(50);
  }
  throw new ContainerTrouble(
    `the container for what is to be installed did not start within ${startMs / 1000} s`,
  );
}

/** For a disk to take all that was installed. */
const keepMs = 30 * 60_000;

/** Makes an image of the container that says of itself what the image says it was made of. */
async function keep(
  { image, runId }: TaskRequest,
  container: Container,
  { signal }: Stop,
  { engine }: TaskTools,
): Promise<string> {
  const origin = await engine.images.inspect(image);
  const changes = [
    `ENTRYPOINT ${JSON.stringify(origin?.entrypoint ?? [])}`,
    `CMD ${JSON.stringify(origin?.command ?? [])}`,
    // it is no layer, and not to be taken for the one below it
    'LABEL io.agent-runner.layer="" io.agent-runner.key=""',
  ];
  const patience = { limitMs: keepMs, signal };
  const name = installedName(runId);
  const committed = await engine.containers.commit(container.name, name, changes, patience);
  // one layer more than the engine can stack, or it can add none: then its files are kept without the layers
  const cannot = "kind" in committed && ["too deep", "unsupported"].includes(committed.kind);
  const kept = cannot
    ? await engine.containers.flatten(container.name, image, name, changes, patience)
    : committed;
  if ("kind" in kept) {
    throw new ContainerTrouble(`what was installed could not be kept: ${withAdvice(kept)}`);
  }
  return kept.id;
}
