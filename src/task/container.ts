import { PassThrough, type Readable, type Writable } from "node:stream";
import { z } from "zod";
import type { Docker, Running } from "../docker.ts";
import { runWithin } from "../docker-limits.ts";
import { lastLine } from "../report/text.ts";
import { Trouble } from "../trouble.ts";
import { maxOutputBytes } from "./agent-output.ts";
import { runLabel } from "./argv.ts";
import { extractFiles, readSmallFiles } from "./extract.ts";
import { artifactsFolder, taskFolder } from "./start-options.ts";
import type { Owner } from "./workspace.ts";
import { syncFromArchive } from "./workspace-copy.ts";

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
  /** Makes a folder of this machine what the container's has become. Answers what went wrong, if anything. */
  copyFolderOut(source: string, folder: string, owner: Owner): Promise<string | undefined>;
  /** Keeps the screen among the artifacts; has a few seconds for it. Never fails. */
  screenshot(script: string): Promise<void>;
  /** Starts it with both streams on `output`; the first line of `input` may be waited for. */
  start(output: Writable, input?: Readable): Running;
  /** Runs a command in it, as `user` if given, in `/`, without input. */
  exec(argv: readonly string[], options: ExecOptions): Promise<{ code: number | null }>;
  state(): Promise<ContainerState>;
  /** The host's address of a published port; undefined when it is not there. */
  port(port: number): Promise<string | undefined>;
  /** Waits until it has ended, for when the attached CLI has gone first. */
  wait(): Promise<void>;
  /** A signal to the task's process group; to the first process where that fails. */
  signal(signal: "TERM" | "KILL"): Promise<void>;
  artifacts(folder: string): Promise<readonly string[]>;
  /** Small files the start script left, by name. */
  notes(): Promise<ReadonlyMap<string, Buffer>>;
  remove(): Promise<void>;
}

export interface ExecOptions {
  readonly user?: string | undefined;
  readonly output: Writable;
  readonly signal?: AbortSignal | undefined;
}

const hour = 3_600_000;

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
    async copyFolderOut(source, folder, owner) {
      try {
        await copyOut(
          docker,
          `${name}:${source}`,
          (archive) => syncFromArchive(archive, folder, owner),
          undefined,
        );
        return undefined;
      } catch (error) {
        return `the task's changes could not be copied back into the workspace: ${error}`;
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
      for (let waited = 0; isDown(answer.stderr) && waited < 30_000; waited += 500) {
        await new Promise((resolve) => setTimeout(resolve, 500));
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
    async wait() {
      await docker.start(["wait", name]).done;
    },
    async signal(signal) {
      const kill = `kill -${signal} -- "-$(< ${taskFolder}/state/pid)"`;
      const sent = await docker.ask("exec", "--user=0", name, "bash", "-c", kill);
      if (sent.code !== 0) {
        await docker.ask("kill", `--signal=${signal}`, name);
      }
    },
    artifacts: (folder) =>
      copyOut(docker, `${name}:${artifactsFolder}`, (archive) => extractFiles(archive, folder), []),
    notes: () =>
      copyOut(
        docker,
        `${name}:${taskFolder}/state`,
        (archive) => readSmallFiles(archive, maxOutputBytes),
        new Map(),
      ),
    async remove() {
      await docker.ask("rm", "--force", "--volumes", name);
    },
  };
}

function isDown(stderr: string): boolean {
  return /cannot connect to the docker daemon|error during connect|is the docker daemon running/i.test(
    stderr,
  );
}

/** Reads an archive out of the container; `nothing` when there is no such folder in it. */
async function copyOut<T>(
  docker: Docker,
  source: string,
  read: (archive: Readable) => Promise<T>,
  nothing: T,
): Promise<T> {
  const archive = new PassThrough();
  let bytes = 0;
  archive.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  archive.pause();
  const copying = docker.start(["cp", source, "-"], { stdout: archive });
  const ended = copying.done.finally(() => archive.end());
  const [result, { code }] = await Promise.allSettled([read(archive), ended]).then(
    ([reading, copied]) => {
      if (copied.status === "rejected") {
        throw copied.reason;
      }
      return [reading, copied.value] as const;
    },
  );
  if (code !== 0 && bytes === 0) {
    return nothing;
  }
  if (result.status === "rejected") {
    throw result.reason;
  }
  return result.value;
}

/** Removes every container of a run; answers how many there were. Never fails: it is a sweep. */
export async function sweep(docker: Docker, runId: string): Promise<number> {
  const filter = `label=${runLabel}=${runId}`;
  const listed = await docker.ask("ps", "--all", "--quiet", "--no-trunc", "--filter", filter);
  const ids = listed.stdout.split("\n").filter((id) => id !== "");
  if (listed.code === 0 && ids.length > 0) {
    await docker.ask("rm", "--force", "--volumes", ...ids);
  }
  return ids.length;
}
