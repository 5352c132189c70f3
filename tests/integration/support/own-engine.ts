/** Engines that one test file may stop, start again, or cut off from this machine's files. */
import { randomBytes } from "node:crypto";
import { appendFile, chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type Daemon, type DaemonOptions, startDaemon } from "../../../scripts/engine-daemon.ts";
import { attempt, run, which } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";

export interface OwnEngine {
  env: { DOCKER_HOST: string };
  /** Whose mounts show what it sees of this machine's files. */
  pid(): number;
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
  /** The users of its containers have other numbers on this machine (`--userns-remap`). */
  mapsUsers?: boolean;
  /** Files below its own copy of `/etc`, which nobody else sees: `docker/certs.d/…`, and lines for `hosts`. */
  etc?: { files?: Record<string, string>; hosts?: string[] };
  /** What kind it is, beside that. */
  kind?: Omit<DaemonOptions, "dir" | "name">;
}

/** A new engine with the tests' base image; whoever starts it ends it. */
export async function ownEngine({
  withoutOurFiles = false,
  mapsUsers = false,
  etc,
  kind = {},
}: Options = {}): Promise<OwnEngine> {
  // Beside the temp folder, of which an engine without our files has nothing.
  const dir = await mkdtemp("/var/tmp/agent-runner-engine-");
  const name = `o${randomBytes(3).toString("hex")}`;
  const path = process.env.PATH ?? "";
  let daemon: Daemon | undefined;
  const start = async () => {
    // Only dockerd itself is started through the wrapper, which is found first.
    const before = [
      ...(withoutOurFiles ? [`mount -t tmpfs none ${tmpdir()}`] : []),
      ...(etc ? await ownEtc(dir, etc) : []),
      ...(mapsUsers ? await bindingNumbers(dir) : []),
    ];
    if (before.length > 0) process.env.PATH = `${await wrapper(dir, before)}${delimiter}${path}`;
    const remap = mapsUsers ? { usernsRemap: remapped } : {};
    try {
      daemon = await startDaemon({ ...kind, ...remap, dir: join(dir, "engine"), name });
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
  const pid = () => daemon?.pid ?? 0;
  return { env, pid, stop, start, end, docker: (...args) => attempt("docker", args, { env }) };
}

const remapped = "daemon";

/** The machine's own lists of subordinate numbers stay as they are: the engine alone sees others. */
async function bindingNumbers(dir: string): Promise<string[]> {
  await chmod(dir, 0o711); // root in a container has no rights of ours, and its files are in here
  const list = join(dir, "numbers");
  await writeFile(list, `${remapped}:300000:65536\n`);
  return ["/etc/subuid", "/etc/subgid"].map((path) => `mount --bind ${list} ${path}`);
}

/** Another `/etc` for the engine alone: a copy of this machine's, with more in it. */
async function ownEtc(
  dir: string,
  { files = {}, hosts = [] }: NonNullable<Options["etc"]>,
): Promise<string[]> {
  const etc = join(dir, "etc");
  await run("cp", ["-a", "/etc/.", etc]);
  await appendFile(join(etc, "hosts"), hosts.map((line) => `\n${line}`).join(""));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(etc, name)), { recursive: true });
    await writeFile(join(etc, name), text);
  }
  return [`mount --bind ${etc} /etc`];
}

/** A folder with a `dockerd` that runs the real one in a mount namespace of its own, in which these commands ran before. */
async function wrapper(dir: string, before: readonly string[]): Promise<string> {
  const bin = join(dir, "bin");
  await mkdir(bin, { recursive: true });
  const lines = [
    "#!/bin/sh",
    `exec ${which("unshare")} --mount --propagation private sh -c '`,
    `  ${before.join(" && ")} && exec "$@"' sh ${which("dockerd")} "$@"`,
    "",
  ];
  await writeFile(join(bin, "dockerd"), lines.join("\n"));
  await chmod(join(bin, "dockerd"), 0o755);
  return bin;
}
