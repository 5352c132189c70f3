import type { Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { agents } from "../agents/agents.ts";
import { NotStarted } from "../engine/trouble.ts";
import type { UntrustedOutput } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import { agentStream, finalOf } from "./agent-stream.ts";
import { isRoot } from "./box.ts";
import type { Container } from "./container.ts";
import { noVncPort } from "./container-spec.ts";
import { type End, noEnd } from "./ends.ts";
import { ended, keptFile, keptTranscript } from "./kept-file.ts";
import type { TaskRequest } from "./request.ts";
import type { Stop } from "./stop.ts";
import { TaskOutput } from "./task-output.ts";

/** After TERM, until KILL. The runner itself kills 10 s after a cancel, so that has to be shorter. */
const graceMs = { timeout: 10_000, cancelled: 4_000 };

export interface AttendOptions {
  readonly transcriptPath: string;
  /** Where the agent's own stream is kept. */
  readonly agentStreamPath: string;
  /** The engine shares the runner's files: it is on the runner's machine. */
  readonly shared: boolean;
  readonly redactor: Redactor;
}

/** Starts the container and stays with it until it has ended. */
export async function attend(
  request: TaskRequest,
  container: Container,
  log: UntrustedOutput,
  stop: Stop,
  options: AttendOptions,
): Promise<End> {
  if (stop.signal.aborted) {
    return { ...noEnd, ended: stop.why() };
  }
  const { transcriptPath, shared, redactor } = options;
  const warnings: string[] = [];
  const transcript = keptTranscript(transcriptPath, warnings);
  const output = new TaskOutput(transcript.stream, log, redactor);
  const agent = agentOf(request, options, output, warnings);
  const streams = agent?.streams ?? { stdout: output, stderr: output };
  stop.running((reason) => stopContainer(request, container, reason));
  const running = container.start(streams);
  const over = new AbortController();
  const watching = AbortSignal.any([stop.signal, over.signal]);
  const machine = shared ? "this machine" : "the engine's machine";
  const noVnc = findNoVnc(request, container, output, machine, watching);
  try {
    await running.done;
    let state = await container.state();
    if (state.Status === "created" && !stop.signal.aborted) {
      throw new NotStarted(`the task's container could not be started: ${state.Error}`);
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
    await agent?.end();
    await ended(output);
    await transcript.end();
    await stop.settled();
  }
  return {
    ...noEnd,
    ended: stop.why(),
    warnings,
    noVncUrl: await noVnc,
    agent: agent?.run(),
  };
}

/** The agent's streams, read as they come; undefined where there is no agent that has any. */
function agentOf(
  { job, mark }: TaskRequest,
  { agentStreamPath, redactor }: AttendOptions,
  output: TaskOutput,
  warnings: string[],
) {
  const { agent, "agent-output": shows } = job.settings;
  if (agent === undefined || mark === "") {
    return undefined;
  }
  const raw = keptFile(agentStreamPath, "the agent's stream", warnings, (bytes) =>
    JSON.stringify({ type: "agent-runner.left-out", bytes }),
  );
  const { reader, problemIn } = agents[agent];
  const stream = agentStream({
    reader: reader(),
    problemIn,
    output: shows,
    mark,
    raw: raw.stream,
    redact: redactor.redact,
    hidden: redactor.pieces(),
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
    const { user, imageUser, job } = request;
    // where the box has no root, root may not end what is another user's
    const as = job.settings["allow-sudo"] || isRoot(user ?? imageUser) ? "root" : "user";
    let asked = false;
    let state = await container.state();
    while ((state.Running || state.Status === "created") && performance.now() < deadline) {
      if (state.Running && !asked) {
        asked = true;
        await container.terminate(graceMs[reason] / 2, as);
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
