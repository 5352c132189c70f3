import type { Readable, Writable } from "node:stream";

import { withAdvice } from "../engine/advice.ts";
import type { ContainerState, Limited, Running, Streams } from "../engine/containers.ts";
import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import type { Limit } from "./allowance.ts";
import { runLabel } from "./container-spec.ts";
import { extractFiles, readFirstFile, readSmallFiles, type Unpacked } from "./extract.ts";
import { noteSizes } from "./notes.ts";
import { artifactsFolder, taskFolder } from "./start-script.ts";

/** The task's container, by its name: what the engine can do with one, and what ours has in it. */
export interface Container {
  readonly name: string;
  /**
   * Unpacks an archive into it, for the container's user or, with `as archived`, for the numbers in it.
   *
   * @throws ContainerTrouble
   */
  copyIn(archive: Readable, whose?: "container's user" | "as archived"): Promise<void>;
  /** Copies a folder of this machine in; `what` names it in a message. @throws ContainerTrouble */
  copyFolderIn(folder: string, target: string, what: string): Promise<void>;
  /** Keeps the screen among the artifacts; has a few seconds for it. Never fails. */
  screenshot(): Promise<void>;
  /** Starts it; the first line of `input` may be waited for. */
  start(streams: Streams, input?: Readable): Running;
  /** Runs a command in it, as `user` if given, in `/`, without input. */
  exec(argv: readonly string[], options: ExecOptions): Promise<Limited>;
  state(): Promise<ContainerState>;
  /** The host's address of a published port; undefined when it is not there. */
  port(port: number): Promise<string | undefined>;
  /** Takes what it writes from now on until it has ended or the connection is lost. */
  attach(streams: Streams): Promise<void>;
  /**
   * TERM to the task's process group, to the first process where that fails or takes too long.
   *
   * @param as root, where that may end other users' processes; else the container's own user
   */
  terminate(limitMs: number, as: "root" | "user"): Promise<void>;
  /** Ends all that runs in it. */
  kill(): Promise<void>;
  /** @param rename what the path of a file becomes on this machine */
  artifacts(
    folder: string,
    limit: Limit,
    rename?: (path: string) => string,
  ): Promise<Unpacked | undefined>;
  /** What the agent's tool keeps of its sessions. */
  sessions(folder: string, target: string, limit: Limit): Promise<Unpacked | undefined>;
  /** The text of a small file of its image, empty where it has none. */
  text(path: string): Promise<string>;
  /** The id of the image it is made of; undefined where the engine does not say. */
  imageId(): Promise<string | undefined>;
  /** Paths that its image has not, or has otherwise. @throws ContainerTrouble */
  changed(): Promise<readonly string[]>;
  /** Small files the start script left, by name. */
  notes(): Promise<ReadonlyMap<string, Buffer>>;
  /** Answers what went wrong, if anything; that it is gone already is nothing wrong. */
  remove(): Promise<string | undefined>;
}

export interface ExecOptions {
  readonly user?: string | undefined;
  /** Variables of the command, whose values stand in no argv. */
  readonly variables?: ReadonlyMap<string, string>;
  readonly output: Writable;
  readonly signal?: AbortSignal | undefined;
}

/** Of a list of an image's users. */
const maxTextBytes = 1024 * 1024;

/** The task's own limit ends what runs in it. */
const week = 7 * 24 * 3_600_000;

/** The task's container has its name from its run. */
export function containerName(runId: string): string {
  return `agent-runner-${runId}`;
}

/** The one in which what no image provides is installed. */
export function firstContainerName(runId: string): string {
  return `${containerName(runId)}-install`;
}

/** The image that is kept of that, for this run alone. */
export function installedName(runId: string): string {
  return `agent-runner-installed:${runId}`;
}

export function containerNamed({ containers }: Engine, name: string): Container {
  return {
    name,
    async copyIn(archive, whose) {
      const wrong = await containers.copyIn(name, archive, whose);
      if (wrong !== undefined) {
        throw new ContainerTrouble(
          `files could not be copied into the container: ${withAdvice(wrong)}`,
        );
      }
    },
    async copyFolderIn(folder, target, what) {
      const wrong = await containers.copyFolderIn(name, folder, target);
      if (wrong !== undefined) {
        throw new ContainerTrouble(
          `${what} could not be copied into the container: ${withAdvice(wrong)}`,
        );
      }
    },
    async screenshot() {
      const argv = ["bash", `${taskFolder}/desktop/screenshot.sh`];
      await containers.exec(name, argv, { limitMs: 4_000 }).catch(() => {});
    },
    start: (streams, input) => containers.start(name, streams, input),
    exec: (argv, options) =>
      containers.exec(name, argv, { ...options, workdir: "/", limitMs: week }),
    state: () => containers.state(name),
    port: (port) => containers.port(name, port),
    attach: (streams) => containers.attach(name, streams),
    async terminate(limitMs, as) {
      const group = `kill -TERM -- "-$(< ${taskFolder}/state/pid)"`;
      // in a container that fights for memory even this may hang
      const argv = ["bash", "-c", group];
      const sent = await containers.exec(name, argv, {
        ...(as === "root" && { user: "0" }),
        limitMs,
      });
      if (sent.code !== 0) {
        await containers.kill(name, "TERM");
      }
    },
    kill: () => containers.kill(name, "KILL"),
    artifacts: (folder, limit, rename) =>
      containers.copyOut(name, artifactsFolder, (archive) =>
        extractFiles(archive, folder, limit, rename),
      ),
    sessions: (folder, target, limit) =>
      containers.copyOut(name, folder, (archive) => extractFiles(archive, target, limit)),
    text: async (path) => {
      const read = (archive: Readable) => readFirstFile(archive, maxTextBytes);
      return (await containers.copyOut(name, path, read, true))?.toString("utf8") ?? "";
    },
    imageId: () => containers.imageOf(name),
    changed: () => containers.changed(name),
    notes: async () => {
      const read = (archive: Readable) => readSmallFiles(archive, noteSizes);
      return (await containers.copyOut(name, `${taskFolder}/state`, read)) ?? new Map();
    },
    remove: async () => (await containers.remove(name))?.reason,
  };
}

/** What a sweep found and did. */
export interface Swept {
  readonly found: number;
  /** Why some are still there. */
  readonly wrong: string | undefined;
}

/** Removes every container of a run. */
export async function sweep({ containers }: Engine, runId: string): Promise<Swept> {
  const ids = await containers.withLabel(`${runLabel}=${runId}`);
  if ("kind" in ids) {
    return { found: 0, wrong: ids.reason };
  }
  return { found: ids.length, wrong: (await containers.remove(...ids))?.reason };
}
