import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { Content } from "../build/layers.ts";
import type { Docker } from "../docker.ts";
import type { Log } from "../report/log.ts";
import type { Timeline } from "../report/timeline.ts";
import type { Job } from "../settings/load.ts";
import { archive, type Entry } from "./archive.ts";
import { createArgv, noVncPort } from "./argv.ts";
import { conclude, type TaskResult } from "./conclusion.ts";
import { type Container, ContainerTrouble, containerNamed } from "./container.ts";
import { provision, provisionEntries, ScriptFailed } from "./provision.ts";
import { startOptions, taskFolder } from "./start-options.ts";

export interface TaskRequest {
  readonly job: Job;
  /** What the container is made from; it is in the engine. */
  readonly image: string;
  /** What the image lacks, in the order it is installed. */
  readonly missing: readonly Content[];
  /** The image's own user; needed only where the task runs as another and something is missing. */
  readonly imageUser: string | undefined;
  readonly runId: string;
  /** Where transcript and artifacts go. */
  readonly folder: string;
  /** Everything the task sees, names unique: the job's context and the user's `env`. */
  readonly environment: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  /** Text of the scripts that ship, by their path in the task folder. */
  readonly assets: ReadonlyMap<string, string>;
  readonly cancelled: AbortSignal;
}

export interface TaskTools {
  readonly docker: Docker;
  readonly log: Log;
  readonly timeline: Timeline;
}

/** After TERM, until KILL. The runner itself kills 10 s after a cancel, so that has to be shorter. */
const graceMs = { timeout: 10_000, cancelled: 4_000 };

/** The sourced preflights, in the order of the contract. */
const stages = ["settings-preflight", "run-preflight", "environment-preflight"] as const;

/**
 * Runs the task in one container, from its creation to its removal.
 *
 * @throws ContainerTrouble when the engine could not make or start it
 */
export async function runTask(request: TaskRequest, tools: TaskTools): Promise<TaskResult> {
  const { docker, log, timeline } = tools;
  const container = containerNamed(docker, `agent-runner-${request.runId}`);
  const transcriptPath = join(request.folder, "transcript.log");
  const artifactsPath = join(request.folder, "artifacts");
  await mkdir(artifactsPath, { recursive: true });
  try {
    await timeline.measure("create container", () => create(request, container, tools));
    const end = await timeline.measure("task", () =>
      log.untrusted((output) => attend(request, container, output, transcriptPath, tools)),
    );
    return await timeline.measure("collect", async () => {
      const [state, notes, artifacts] = await Promise.all([
        container.state(),
        container.notes(),
        container.artifacts(artifactsPath),
      ]);
      return conclude({ ...end, state, notes, artifacts, artifactsPath, transcriptPath, request });
    });
  } finally {
    await container.remove();
  }
}

async function create(request: TaskRequest, container: Container, { docker }: TaskTools) {
  const { job, missing } = request;
  const { settings } = job;
  const desktop = settings["headless-desktop"] !== "false";
  const argv = createArgv({
    name: container.name,
    runId: request.runId,
    image: request.image,
    workspace: job.workspace,
    user: userOf(settings.user),
    desktop,
    interactive: missing.length > 0,
    // installing needs a network; `none` is put in force when it is done
    network: missing.length > 0 && settings.network === "none" ? undefined : settings.network,
    settings,
  });
  const created = await docker.ask(...argv);
  if (created.code !== 0) {
    throw new ContainerTrouble(`the task's container could not be created: ${created.stderr}`);
  }
  const folders = ["", "/state", "/build"].map((folder) => `${taskFolder}${folder}`);
  const entries = [...taskEntries(request), ...(await provisionEntries(missing, request.secrets))];
  await container.copyIn(archive(entries, folders));
}

function userOf(setting: string): string | undefined {
  if (setting === "runner") {
    return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  }
  return setting === "image" ? undefined : setting;
}

function taskEntries({ job, missing, environment, assets }: TaskRequest): Entry[] {
  const { settings, scripts, prompt } = job;
  const present = stages.filter((stage) => scripts[stage] !== undefined);
  const desktop = settings["headless-desktop"];
  const options = startOptions({
    stages: present,
    waits: missing.length > 0,
    hasPrompt: prompt !== undefined,
    desktop: desktop === "true" ? "required" : desktop === "false" ? "none" : "optional",
  });
  const values = [...environment].map(([name, value]) => `${name}=${value}\0`).join("");
  const file = (path: string, content: string | Buffer, mode: number): Entry => ({
    path: `${taskFolder}/${path}`,
    content,
    mode,
  });
  return [
    file("options.sh", options, 0o644),
    file("environment", values, 0o600),
    file("command.sh", settings.command ?? "", 0o644),
    ...(prompt === undefined ? [] : [file("prompt", prompt, 0o600)]),
    ...present.map((stage) => file(`${stage}.sh`, scripts[stage]?.text ?? "", 0o644)),
    ...[...assets].map(([path, text]) => file(path, text, 0o755)),
  ];
}

/** What is known when the container has ended, beside what it left. */
export interface End {
  readonly ended: "by itself" | "timeout" | "cancelled";
  readonly scriptFailed: ScriptFailed | undefined;
  readonly optionalFailures: readonly ScriptFailed[];
  readonly noVncUrl: string | undefined;
}

/** Starts the container, installs what is missing, and stays with it until it has ended. */
async function attend(
  request: TaskRequest,
  container: Container,
  log: Writable,
  transcriptPath: string,
  { docker }: TaskTools,
): Promise<End> {
  const { job, missing, cancelled } = request;
  const output = new PassThrough();
  const transcript = createWriteStream(transcriptPath);
  output.pipe(transcript);
  output.pipe(log, { end: false });
  const input = missing.length > 0 ? new PassThrough() : undefined;
  const stop = new AbortController();
  let ended: End["ended"] = "by itself";
  const end = (why: "timeout" | "cancelled") => {
    if (!stop.signal.aborted) {
      ended = why;
      stop.abort();
      void stopContainer(container, graceMs[why]);
    }
  };
  const minutes = job.settings["task-timeout"];
  const timer = minutes === undefined ? undefined : setTimeout(end, minutes * 60_000, "timeout");
  const cancel = () => end("cancelled");
  cancelled.addEventListener("abort", cancel, { once: true });
  if (cancelled.aborted) {
    cancel();
  }
  let scriptFailed: ScriptFailed | undefined;
  const optionalFailures: ScriptFailed[] = [];
  const running = container.start(output, input);
  const noVnc = findNoVnc(request, container, stop.signal);
  try {
    if (input !== undefined) {
      try {
        await started(container);
        await provision(container, {
          missing,
          secrets: [...request.secrets.keys()],
          imageUser: request.imageUser,
          output,
          signal: stop.signal,
          onOptionalFailure: (error) => optionalFailures.push(error),
        });
        if (job.settings.network === "none") {
          await docker.ask("network", "disconnect", "--force", "bridge", container.name);
        }
        input.end("go\n");
      } catch (error) {
        input.end();
        if (!(error instanceof ScriptFailed)) {
          throw error;
        }
        scriptFailed = error;
      }
    }
    await running.done;
    const state = await container.state();
    if (state.Status === "created") {
      throw new ContainerTrouble(`the task's container could not be started: ${state.Error}`);
    }
    if (state.Running) {
      await container.wait(); // the attached CLI went first, the engine was restarted say
    }
  } finally {
    clearTimeout(timer);
    cancelled.removeEventListener("abort", cancel);
    input?.end();
    output.end();
    await finished(transcript);
  }
  return { ended, scriptFailed, optionalFailures, noVncUrl: await noVnc };
}

/** TERM, then KILL when the time to end is over. Never fails: the container is removed anyway. */
async function stopContainer(container: Container, grace: number): Promise<void> {
  try {
    await container.signal("TERM");
    await new Promise((resolve) => setTimeout(resolve, grace).unref());
    if ((await container.state()).Running) {
      await container.signal("KILL");
    }
  } catch {
    // it has ended and is gone
  }
}

/** Waits until commands can be run in the container; its first process waits for us. */
async function started(container: Container): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const state = await container.state();
    if (state.Running) {
      return;
    }
    if (state.Status === "exited" || state.Error !== "") {
      throw new ContainerTrouble(
        `the task's container did not start: ${state.Error || `exit code ${state.ExitCode}`}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new ContainerTrouble("the task's container did not start within 10 s");
}

async function findNoVnc(request: TaskRequest, container: Container, stop: AbortSignal) {
  if (request.job.settings["headless-desktop"] === "false") {
    return undefined;
  }
  for (let attempt = 0; attempt < 100 && !stop.aborted; attempt++) {
    const address = await container.port(noVncPort);
    if (address !== undefined && address !== "") {
      return `http://${address}/vnc.html`;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
