/** Engines that one test file may stop, start again, or cut off from this machine's files. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type Daemon, type DaemonOptions, startDaemon } from "../../../scripts/engine-daemon.ts";
import { attempt, run, which } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";

export interface OwnEngine {
  env: { DOCKER_HOST: string };
  docker(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  stop(): Promise<void>;
  /** After a stop: the same engine, with all it had. */
  start(): Promise<void>;
  /** For good, with its data. */
  end(): Promise<void>;
}

interface Options {
  /** Like a remote one: it sees none of the files below the temp folder. */
  withoutOurFiles?: boolean;
  /** What kind it is, beside that. */
  kind?: Omit<DaemonOptions, "dir" | "name">;
}

/** A new engine with the tests' base image; whoever starts it ends it. */
export async function ownEngine({
  withoutOurFiles = false,
  kind = {},
}: Options = {}): Promise<OwnEngine> {
  // Beside the temp folder, of which an engine without our files has nothing.
  const dir = await mkdtemp("/var/tmp/agent-runner-engine-");
  const name = `o${randomBytes(3).toString("hex")}`;
  const path = process.env.PATH ?? "";
  let daemon: Daemon | undefined;
  const start = async () => {
    // Only dockerd itself is started through the wrapper, which is found first.
    if (withoutOurFiles) process.env.PATH = `${await hidingFolder(dir)}${delimiter}${path}`;
    try {
      daemon = await startDaemon({ ...kind, dir: join(dir, "engine"), name });
    } finally {
      process.env.PATH = path;
    }
  };
  const stop = async () => {
    await daemon?.stop();
    daemon = undefined;
  };
  await start();
  const env = { DOCKER_HOST: (daemon as Daemon | undefined)?.host ?? "" };
  const tar = join(dir, "base.tar");
  await run("docker", ["save", "--output", tar, BASE_IMAGE]);
  await run("docker", ["load", "--quiet", "--input", tar], { env });
  await rm(tar);
  const end = async () => {
    await stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { env, stop, start, end, docker: (...args) => attempt("docker", args, { env }) };
}

/**
 * A folder with a `dockerd` that runs the real one in a mount namespace of its own, in which another, empty folder
 * lies where our temp folder is.
 */
async function hidingFolder(dir: string): Promise<string> {
  const bin = join(dir, "bin");
  await mkdir(bin, { recursive: true });
  const lines = [
    "#!/bin/sh",
    `exec ${which("unshare")} --mount --propagation private sh -c '`,
    `  mount -t tmpfs none "$0" && exec "$@"' ${tmpdir()} ${which("dockerd")} "$@"`,
    "",
  ];
  await writeFile(join(bin, "dockerd"), lines.join("\n"));
  await chmod(join(bin, "dockerd"), 0o755);
  return bin;
}
