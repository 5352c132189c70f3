import { PassThrough, type Readable, type Writable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Docker, Running } from "../engine/cli.ts";
import { runWithin } from "../engine/limits.ts";
import { lastLine } from "../log/text.ts";
import { reasonOf, Trouble } from "../log/trouble.ts";
import { maxOutputBytes } from "./agent-output.ts";
import { runLabel } from "./argv.ts";
import { extractFiles, readSmallFiles } from "./extract.ts";
import { artifactsFolder, noteNames, taskFolder } from "./start-script.ts";
import { syncFromArchive } from "./workspace/copied.ts";
import type { Owner } from "./workspace/shared.ts";

/** The container could not be made or started: not the task's failure, but the task has none. */
export class ContainerTrouble extends Trouble {}

const stateSchema = z.object({
  Status: z.string(),
  Running: z.boolean(),
  ExitCode: z.number(),
  OOMKilled: z.boolean(),
  Error: z.string(),
});
export type ContainerState = z.output<typeof stateSchema>;

/** The task's container: one thing of the engine, by its name. */
export interface Container {
  readonly name: string;
  /** Unpacks an archive into it, for the container's user. @throws ContainerTrouble */
  copyIn(archive: Readable): Promise<void>;
  /** Copies a folder of this machine in, for an engine that does not share its files. @throws ContainerTrouble */
  copyFolderIn(folder: string, target: string): Promise<void>;
  /**
   * Makes a folder of this machine what the container's has become. Answers what went wrong, if anything;
   * nothing is removed then.
   *
   * @param scratch a folder for files that are being written
   */
  copyFolderOut(
    source: string,
    target: { readonly folder: string; readonly owner: Owner; readonly scratch: string },
  ): Promise<string | undefined>;
  /** Keeps the screen among the artifacts; has a few seconds for it. Never fails. */
  screenshot(script: string): Promise<void>;
  /** Starts it with both streams on `output`; the first line of `input` may be waited for. */
  start(output: Writable, input?: Readable): Running;
  /** Runs a command in it, as `user` if given, in `/`, without input. */
  exec(argv: readonly string[], options: ExecOptions): Promise<{ code: number | null }>;
  state(): Promise<ContainerState>;
  /** The host's address of a published port; undefined when it is not there. */
  port(port: number): Promise<string | undefined>;
  /** Takes what it writes from now on until it has ended or the connection is lost. */
  attach(output: Writable): Promise<void>;
  /** TERM to the task's process group, to the first process where that fails or takes too long. */
  terminate(limitMs: number): Promise<void>;
  /** Ends all that runs in it. */
  kill(): Promise<void>;
  artifacts(folder: string): Promise<readonly string[]>;
  /** Small files the start script left, by name. */
  notes(): Promise<ReadonlyMap<string, Buffer>>;
  /** Answers what went wrong, if anything; that it is gone already is nothing wrong. */
  remove(): Promise<string | undefined>;
}

export interface ExecOptions {
  readonly user?: string | undefined;
  readonly output: Writable;
  readonly signal?: AbortSignal | undefined;
}

const hour = 3_600_000;

/** For an engine that is being restarted to answer again. */
const backMs = 30_000;

export function containerNamed(docker: Docker, name: string): Container {
  return {
    name,
    async copyIn(archive) {
      const done = await runWithin(docker, ["cp", "--archive", "--quiet", "-", `${name}:/`], {
        limitMs: hour,
        input: archive,
      });
      if (done.code !== 0) {
        throw new ContainerTrouble(
          `files could not be copied into the container: ${lastLine(done.tail)}`,
        );
      }
    },
    async copyFolderIn(folder, target) {
      const argv = ["cp", "--archive", "--quiet", `${folder}/.`, `${name}:${target}`];
      const done = await runWithin(docker, argv, { limitMs: hour });
      if (done.code !== 0) {
        throw new ContainerTrouble(
          `the workspace could not be copied into the container: ${lastLine(done.tail)}`,
        );
      }
    },
    async copyFolderOut(source, { folder, owner, scratch }) {
      const why = (reason: string) =>
        `the task's changes could not all be copied back into the workspace: ${reason}`;
      try {
        const finish = await copyOut(docker, `${name}:${source}`, (archive) =>
          syncFromArchive(archive, folder, scratch, owner),
        );
        if (finish === undefined) {
          return why("its folder is no longer in the container");
        }
        await finish();
        return undefined;
      } catch (error) {
        return why(reasonOf(error));
      }
    },
    async screenshot(script) {
      await runWithin(docker, ["exec", name, "bash", script], { limitMs: 4_000 }).catch(() => {});
    },
    start(output, input) {
      const attach = input === undefined ? ["--attach"] : ["--attach", "--interactive"];
      return docker.start(["start", ...attach, name], {
        output,
        ...(input === undefined ? {} : { input }),
      });
    },
    async exec(argv, { user, output, signal }) {
      const as = user === undefined ? [] : [`--user=${user}`];
      return runWithin(docker, ["exec", ...as, "--workdir=/", name, ...argv], {
        limitMs: 7 * 24 * hour, // the task's own limit ends it
        output,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async state() {
      const ask = () => docker.ask("container", "inspect", "--format", "{{json .State}}", name);
      let answer = await ask();
      // an engine that is being restarted comes back, and knows then how its containers ended
      const deadline = performance.now() + backMs;
      while (isDown(answer.stderr) && performance.now() < deadline) {
        await pause(500);
        answer = await ask();
      }
      if (answer.code !== 0) {
        throw new ContainerTrouble(`the engine lost the container: ${answer.stderr}`);
      }
      return stateSchema.parse(JSON.parse(answer.stdout));
    },
    async port(port) {
      const answer = await docker.ask("port", name, `${port}/tcp`);
      return answer.code === 0 ? answer.stdout.split("\n")[0] : undefined;
    },
    async attach(output) {
      await docker.start(["attach", "--no-stdin", "--sig-proxy=false", name], { output }).done;
    },
    async terminate(limitMs) {
      const group = `kill -TERM -- "-$(< ${taskFolder}/state/pid)"`;
      const exec = ["exec", "--user=0", name, "bash", "-c", group];
      // in a container that fights for memory even this may hang
      const sent = await runWithin(docker, exec, { limitMs });
      if (sent.code !== 0) {
        await docker.ask("kill", "--signal=TERM", name);
      }
    },
    async kill() {
      await docker.ask("kill", "--signal=KILL", name);
    },
    artifacts: async (folder) => {
      const read = (archive: Readable) => extractFiles(archive, folder);
      return (await copyOut(docker, `${name}:${artifactsFolder}`, read)) ?? [];
    },
    notes: async () => {
      const read = (archive: Readable) => readSmallFiles(archive, noteNames, maxOutputBytes);
      return (await copyOut(docker, `${name}:${taskFolder}/state`, read)) ?? new Map();
    },
    async remove() {
      const removed = await docker.ask("rm", "--force", "--volumes", name);
      return removed.code === 0 || isGone(removed.stderr) ? undefined : removed.stderr;
    },
  };
}

function isDown(stderr: string): boolean {
  return /cannot connect to the docker daemon|error during connect|is the docker daemon running/i.test(
    stderr,
  );
}

/** In the engine's words: a container, or a path in it, that is not there. */
function isGone(stderr: string): boolean {
  return /no such container|could not find the file/i.test(stderr);
}

/**
 * Reads an archive out of the container; undefined when there is no such folder in it.
 *
 * @throws ContainerTrouble when the archive did not come whole
 */
async function copyOut<T>(
  docker: Docker,
  source: string,
  read: (archive: Readable) => Promise<T>,
): Promise<T | undefined> {
  const archive = new PassThrough();
  const said = new PassThrough();
  let words = "";
  said.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-4096);
  });
  const copying = docker.start(["cp", source, "-"], { stdout: archive, output: said });
  const ended = copying.done.finally(() => archive.end());
  const reading = read(archive).catch((error: unknown) => {
    archive.resume(); // what is still on its way would keep the process's streams open
    void copying.end(1_000); // or it would wait for ever to be read
    throw error;
  });
  const [result, copied] = await Promise.allSettled([reading, ended]);
  if (copied.status === "rejected") {
    throw copied.reason;
  }
  if (result.status === "rejected" && copied.value.signal !== null) {
    throw result.reason;
  }
  if (copied.value.code !== 0) {
    if (isGone(words)) {
      return undefined;
    }
    throw new ContainerTrouble(`the engine did not copy ${source}: ${lastLine(words)}`);
  }
  if (result.status === "rejected") {
    throw result.reason;
  }
  return result.value;
}

/** What a sweep found and did. */
export interface Swept {
  readonly found: number;
  /** Why some are still there. */
  readonly wrong: string | undefined;
}

/** Removes every container of a run. */
export async function sweep(docker: Docker, runId: string): Promise<Swept> {
  const filter = `label=${runLabel}=${runId}`;
  const listed = await docker.ask("ps", "--all", "--quiet", "--no-trunc", "--filter", filter);
  if (listed.code !== 0) {
    return { found: 0, wrong: listed.stderr };
  }
  const ids = listed.stdout.split("\n").filter((id) => id !== "");
  const removed =
    ids.length === 0 ? undefined : await docker.ask("rm", "--force", "--volumes", ...ids);
  const wrong = removed === undefined || removed.code === 0 ? undefined : removed.stderr;
  return { found: ids.length, wrong };
}
