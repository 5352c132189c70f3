import { createWriteStream } from "node:fs";
import { PassThrough, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { agents } from "../agents/agents.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import type { UntrustedOutput } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import { agentStream, finalOf } from "./agent-stream.ts";
import type { Container } from "./container.ts";
import { noVncPort } from "./container-spec.ts";
import { mustWait } from "./create.ts";
import type { End } from "./ends.ts";
import { provision, ScriptFailed } from "./provision.ts";
import type { TaskRequest, TaskTools } from "./request.ts";
import { TaskOutput } from "./task-output.ts";
import type { WorkspacePlan } from "./workspace/plan.ts";
import { handOver } from "./workspace/shared.ts";

/** After TERM, until KILL. The runner itself kills 10 s after a cancel, so that has to be shorter. */
const graceMs = { timeout: 10_000, cancelled: 4_000 };

export interface AttendOptions {
  readonly plan: WorkspacePlan;
  readonly transcriptPath: string;
  /** Where the agent's own stream is kept. */
  readonly agentStreamPath: string;
  /** The engine shares the runner's files: it is on the runner's machine. */
  readonly shared: boolean;
}

/** Starts the container, installs what is missing, and stays with it until it has ended. */
export async function attend(
  request: TaskRequest,
  container: Container,
  log: UntrustedOutput,
  options: AttendOptions,
  tools: TaskTools,
): Promise<End> {
  if (request.cancelled.aborted) {
    return { ended: "cancelled", scriptFailed: undefined, warnings: [], noVncUrl: undefined };
  }
  const { plan, transcriptPath, shared } = options;
  const warnings: string[] = [];
  const transcript = keptFile(transcriptPath, "the transcript", warnings);
  const output = new TaskOutput(transcript.stream, log, tools.redactor);
  const agent = agentOf(request, options, output, warnings, tools.redactor);
  const streams = agent?.streams ?? { stdout: output, stderr: output };
  const input = mustWait(request, plan) ? new PassThrough() : undefined;
  const stop = watchForStop(request, container);
  let scriptFailed: ScriptFailed | undefined;
  const running = container.start(streams, input);
  const over = new AbortController();
  const watching = AbortSignal.any([stop.signal, over.signal]);
  const machine = shared ? "this machine" : "the engine's machine";
  const noVnc = findNoVnc(request, container, output, machine, watching);
  try {
    if (input !== undefined) {
      const prepared = await prepare(request, container, options, tools, {
        output,
        warnings,
        signal: stop.signal,
      });
      scriptFailed = prepared instanceof ScriptFailed ? prepared : undefined;
      // the start script goes on with a line; an end without one ends it
      const goOn = scriptFailed === undefined && !stop.signal.aborted;
      input.end(goOn ? `${prepared}\n` : undefined);
    }
    await running.done;
    let state = await container.state();
    if (state.Status === "created" && !stop.signal.aborted) {
      throw new ContainerTrouble(`the task's container could not be started: ${state.Error}`);
    }
    if (state.Running) {
      warnings.push(
        "the connection to the engine was lost while the task ran; what it wrote meanwhile is not in the transcript",
      );
    }
    for (; state.Running; state = await container.state()) {
      await container.attach(streams);
      await pause(200); // an engine that takes no attaching is asked, not besieged
    }
  } finally {
    over.abort();
    input?.end();
    await agent?.end();
    await ended(output);
    await transcript.end();
    await stop.settled();
  }
  return { ended: stop.why(), scriptFailed, warnings, noVncUrl: await noVnc, agent: agent?.run() };
}

/** A file that a task writes while it runs. That it cannot be written stops nothing. */
function keptFile(path: string, what: string, warnings: string[]) {
  const file = createWriteStream(path);
  let works = true;
  file.on("error", (error) => {
    works = false;
    warnings.push(`${what} could not be written: ${error.message}`);
  });
  return {
    stream: () => (works ? file : undefined),
    end: () => (works ? ended(file) : Promise.resolve()),
  };
}

/** Ends a stream and waits until all of it has been written, or cannot be. */
async function ended(stream: Writable): Promise<void> {
  stream.end();
  await finished(stream).catch(() => {}); // told already
}

/** The agent's streams, read as they come; undefined where there is no agent that has any. */
function agentOf(
  { job, mark }: TaskRequest,
  { agentStreamPath }: AttendOptions,
  output: TaskOutput,
  warnings: string[],
  { redact }: Redactor,
) {
  const { agent, "agent-output": shows } = job.settings;
  if (agent === undefined || mark === "") {
    return undefined;
  }
  const raw = keptFile(agentStreamPath, "the agent's stream", warnings);
  const { reader, problemIn } = agents[agent];
  const stream = agentStream({
    reader: reader(),
    problemIn,
    output: shows,
    mark,
    raw: raw.stream,
    redact,
    before: output,
    show: (shown) => output.show(shown),
  });
  return {
    streams: stream,
    run: stream.run,
    async end() {
      await Promise.all([ended(stream.stdout), ended(stream.stderr)]);
      for (const shown of finalOf(stream.run(), shows)) {
        await output.show(shown);
      }
      await raw.end();
    },
  };
}

interface Preparing {
  readonly output: TaskOutput;
  readonly warnings: string[];
  readonly signal: AbortSignal;
}

/** The line that the start script waits for. */
type GoOn = "go" | "go without desktop";

/** What has to happen in the container before its start script goes on. */
async function prepare(
  request: TaskRequest,
  container: Container,
  { plan }: AttendOptions,
  { engine, redactor, timeline }: TaskTools,
  { output, warnings, signal }: Preparing,
): Promise<ScriptFailed | GoOn> {
  const { job, missing } = request;
  let goOn: GoOn = "go";
  try {
    await started(container);
    if (missing.length > 0) {
      await provision(container, {
        missing,
        secrets: [...request.secrets.keys()],
        imageUser: request.imageUser,
        output,
        redact: redactor.redact,
        timeline,
        signal,
        onOptionalFailure: (error) => {
          goOn = "go without desktop"; // half a desktop may start, and be of no use
          warnings.push(
            `${error.message}; the task goes on without a desktop (\`headless-desktop: optional\`)`,
          );
        },
      });
      if (job.settings.network === "none") {
        // it comes into force when the installation, which needs a network, is done
        const wrong = await engine.containers.isolate(container.name);
        if (wrong !== undefined) {
          throw new ContainerTrouble(`the task could not be cut off the network: ${wrong.reason}`);
        }
      }
    }
    if (plan.handOver) {
      const wrong = await handOver(engine, container.name, job.settings["container-workdir"]);
      if (wrong !== undefined) {
        warnings.push(wrong);
      }
    }
    return goOn;
  } catch (error) {
    if (error instanceof ScriptFailed) {
      return error;
    }
    if (signal.aborted) {
      return goOn; // the container was stopped under us, as it should
    }
    throw error;
  }
}

/** Ends the container when its time is over or the step is cancelled. */
function watchForStop(request: TaskRequest, container: Container) {
  const stop = new AbortController();
  let why: End["ended"] = "by itself";
  let stopping: Promise<void> = Promise.resolve();
  const end = (reason: "timeout" | "cancelled") => {
    if (!stop.signal.aborted) {
      why = reason;
      stop.abort();
      stopping = stopContainer(request, container, reason);
    }
  };
  const minutes = request.job.settings["task-timeout"];
  const timer = minutes === undefined ? undefined : setTimeout(end, minutes * 60_000, "timeout");
  const cancel = () => end("cancelled");
  request.cancelled.addEventListener("abort", cancel, { once: true });
  return {
    signal: stop.signal,
    why: () => why,
    async settled() {
      clearTimeout(timer);
      request.cancelled.removeEventListener("abort", cancel);
      await stopping;
    },
  };
}

/**
 * TERM, then KILL when the time to end is over. It may just be starting: then TERM waits for that, and
 * one that still has not started is removed, or the task would run on without anybody. Never fails:
 * the container is removed anyway.
 */
async function stopContainer(
  request: TaskRequest,
  container: Container,
  reason: "timeout" | "cancelled",
): Promise<void> {
  try {
    const screen = reason === "timeout" && request.job.settings["headless-desktop"] !== "false";
    if (screen && (await container.state()).Running) {
      // what was on the screen when the time was over; the task may not live to keep it
      await container.screenshot();
    }
    const deadline = performance.now() + graceMs[reason];
    let asked = false;
    let state = await container.state();
    while ((state.Running || state.Status === "created") && performance.now() < deadline) {
      if (state.Running && !asked) {
        asked = true;
        await container.terminate(graceMs[reason] / 2);
      }
      await pause(100);
      state = await container.state();
    }
    if (state.Running) {
      await container.kill();
    } else if (state.Status === "created") {
      await container.remove();
    }
  } catch {
    // it is gone, or the engine does not answer: what may still run there must not run on
    await container.kill().catch(() => {});
  }
}

/** An engine that has much else to do may take its time. */
const startMs = 60_000;

/** Waits until commands can be run in the container; its first process waits for us. */
async function started(container: Container): Promise<void> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    const state = await container.state();
    if (state.Running) {
      return;
    }
    if (state.Status === "exited" || state.Error !== "") {
      throw new ContainerTrouble(
        `the task's container did not start: ${state.Error || `exit code ${state.ExitCode}; it needs \`bash\``}`,
      );
    }
    await pause(50);
  }
  throw new ContainerTrouble(`the task's container did not start within ${startMs / 1000} s`);
}

/** Where the desktop can be watched once it is up; told in the log as soon as the engine knows the port. */
async function findNoVnc(
  request: TaskRequest,
  container: Container,
  output: Writable,
  machine: string,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { settings } = request.job;
  if (settings["headless-desktop"] === "false" || settings.network === "none") {
    return undefined;
  }
  for (let attempt = 0; attempt < 100 && !stop.aborted; attempt++) {
    const address = await container.port(noVncPort);
    if (address !== undefined && address !== "") {
      const url = `http://${address}/vnc.html`;
      if (output.writable) {
        output.write(`desktop: once it is up, it can be watched on ${machine} at ${url}\n`);
      }
      return url;
    }
    await pause(100);
  }
  return undefined;
}
