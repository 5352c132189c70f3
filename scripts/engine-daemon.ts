/**
 * Starting `dockerd` by hand: the default one, and further ones beside it that share nothing with it, for tests
 * that need another image store or a second machine.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { openSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { attempt, endProcess, isAlive, run, tail, which } from "./shell.ts";

export interface Daemon {
  /** For `DOCKER_HOST` or `docker --host`. */
  host: string;
  pid: number;
  /** The daemon's data and log are in here; the caller removes it when it is no longer wanted. */
  dir: string;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** An existing or new folder for the daemon's data; keep it to start warm the next time. */
  dir: string;
  /** Up to eight characters, unique among the daemons of the machine: the bridge is named after it. */
  name: string;
  /** Keep images in containerd (the default of fresh Docker 29) instead of the classic store. */
  containerdSnapshotter?: boolean;
  /** A further address with TLS, `tcp://127.0.0.1:PORT`, and the folder of `ca.pem`, `cert.pem` and `key.pem` for it. */
  tls?: { host: string; certificates: string };
  /** Whose subordinate numbers the users of its containers have (`--userns-remap`). */
  usernsRemap?: string;
  /** A folder with another `dockerd`, and with what it calls: `containerd`, `runc`, … */
  programs?: string;
  /** `host:port` of registries that speak plain HTTP and are not on loopback. */
  insecureRegistries?: string[];
  /** Base addresses that it asks before Docker Hub. */
  mirrors?: string[];
  /** A network namespace (`ip netns`) that it lives in with its bridge, instead of this machine's own. */
  namespace?: string;
  /** Added to its environment. */
  env?: Record<string, string>;
}

/** Without systemd nothing sees to it that a started dockerd has the sbin folders on its PATH. */
const PATH = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** True when an engine answers at that address, or at the default one. */
export async function answers(host?: string): Promise<boolean> {
  const args = ["version", "--format", "{{.Server.Version}}"];
  const global = host === undefined ? [] : ["--host", host];
  const { code } = await attempt("docker", [...global, ...args], { timeoutMs: 10_000 });
  return code === 0;
}

/**
 * Starts `dockerd` in the background and waits up to 60 s until it answers. It outlives this process unless it
 * is stopped by its number. Throws with the end of its log when it does not come up.
 */
export async function launch(
  args: readonly string[],
  log: string,
  host?: string,
  { namespace, programs, env = {} }: Pick<DaemonOptions, "namespace" | "programs" | "env"> = {},
): Promise<number> {
  const program = programs === undefined ? which("dockerd") : join(programs, "dockerd");
  if (!program) throw new Error("dockerd is not installed");
  const out = openSync(log, "w");
  const child = spawn(...inside(namespace, program, args), {
    detached: true,
    stdio: ["ignore", out, out],
    env: { ...process.env, PATH: programs === undefined ? PATH : `${programs}:${PATH}`, ...env },
  });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  failed.catch(() => {});
  await Promise.race([failed, new Promise((resolve) => child.once("spawn", resolve))]);
  child.unref();
  const pid = child.pid as number;
  const deadline = Date.now() + 60_000;
  while (!(await answers(host))) {
    const alive = await isAlive(pid);
    if (!alive || Date.now() > deadline) {
      await endProcess(pid);
      const end = tail(await readFile(log, "utf8").catch(() => ""), 30);
      const what = alive ? "does not answer after 60 s" : "ended at once";
      throw new Error(`dockerd ${what}; the end of ${log}:\n${end}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return pid;
}

/** A command as it is run in a network namespace, under the number of the process that is started. */
function inside(
  namespace: string | undefined,
  program: string,
  args: readonly string[],
): [program: string, args: readonly string[]] {
  return namespace === undefined
    ? [program, args]
    : [which("nsenter") ?? "nsenter", [`--net=/run/netns/${namespace}`, program, ...args]];
}

/** Starts a further engine with its own socket, data, bridge and registries. See {@link DaemonOptions}. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dir, name } = options;
  if (!/^[a-z0-9]{1,8}$/.test(name)) throw new Error(`not a daemon name: ${name}`);
  await mkdir(dir, { recursive: true });
  // A Unix socket's path may have 107 bytes, and dockerd puts containerd's under its exec root: keep both short.
  const exec = `/run/agent-runner-${name}`;
  const host = `unix://${exec}.sock`;
  const config = {
    features: { "containerd-snapshotter": options.containerdSnapshotter ?? false },
    "insecure-registries": options.insecureRegistries ?? [],
    "registry-mirrors": options.mirrors ?? [],
  };
  const owner = Number(await readFile(`${exec}.pid`, "utf8").catch(() => ""));
  if (owner > 0 && (await isAlive(owner))) {
    throw new Error(`a daemon named ${name} is still running; end it with: kill ${owner}`);
  }
  await writeFile(join(dir, "daemon.json"), JSON.stringify(config));
  // dockerd remembers the last run's subnet and would put it on a bridge whose rules are for another one.
  await rm(join(dir, "data", "network"), { recursive: true, force: true });
  const bridge = await addBridge(`ar-${name}`, options.namespace);
  try {
    const pid = await launch(
      [
        ...["--config-file", join(dir, "daemon.json"), "--host", host, "--bridge", bridge.name],
        ...["--data-root", join(dir, "data"), "--exec-root", exec],
        ...["--pidfile", `${exec}.pid`],
        // A dockerd that manages iptables starts by clearing the rules of every other one on the machine.
        ...["--iptables=false", "--ip6tables=false"],
        ...(options.usernsRemap === undefined ? [] : ["--userns-remap", options.usernsRemap]),
        ...tlsFlags(options.tls),
      ],
      join(dir, "dockerd.log"),
      host,
      options,
    );
    await checkDefaultBridge();
    // For a test that fails before it stops its daemon; the bridge then goes at the next start.
    const abandon = () => process.kill(pid, "SIGTERM");
    process.once("exit", abandon);
    return {
      host,
      pid,
      dir,
      stop: async () => {
        process.off("exit", abandon);
        await endProcess(pid);
        await bridge.remove();
        const runs = (await readdir("/run")).filter((one) => one.startsWith(basename(exec)));
        for (const one of runs) {
          // with `--userns-remap`, the numbers of root in its containers are behind the name
          await rm(join("/run", one), { recursive: true, force: true }).catch(() => {});
        }
      },
    };
  } catch (error) {
    await bridge.remove();
    throw error;
  }
}

function tlsFlags(tls: DaemonOptions["tls"]): string[] {
  if (!tls) return [];
  const { host, certificates } = tls;
  const file = (name: string) => join(certificates, name);
  return [
    ...["--tlsverify", "--host", host, "--tlscacert", file("ca.pem")],
    ...["--tlscert", file("cert.pem"), "--tlskey", file("key.pem")],
  ];
}

interface Bridge {
  name: string;
  remove(): Promise<void>;
}

/** Adds a bridge with a free subnet, with masquerading: what dockerd does for `docker0`. */
async function addBridge(name: string, namespace: string | undefined): Promise<Bridge> {
  const within = (program: string, args: readonly string[]) =>
    inside(namespace, which(program) ?? program, args);
  const ip = (...args: string[]) => within("ip", args);
  // A run that was killed has left its bridge, which would keep the subnet from being free.
  await attempt(...ip("link", "delete", name));
  const subnet = freeSubnet(name, await run(...ip("-4", "route", "show", "table", "all")));
  const rules = [
    ["nat", "POSTROUTING", "-s", `${subnet}.0/24`, "!", "-o", name, "-j", "MASQUERADE"],
    ["filter", "FORWARD", "-i", name, "-j", "ACCEPT"],
    ["filter", "FORWARD", "-o", name, "-j", "ACCEPT"],
  ];
  const remove = async () => {
    for (const [table, ...rule] of rules) {
      const command = ["-w", "-t", table as string, "-D", ...rule];
      // More than once: that run has left its rules as well.
      while ((await attempt(...within("iptables", command))).code === 0);
    }
    await attempt(...ip("link", "delete", name));
  };
  await remove();
  await run(...ip("link", "add", name, "type", "bridge"));
  try {
    await run(...ip("address", "add", `${subnet}.1/24`, "dev", name));
    await run(...ip("link", "set", name, "up"));
    for (const [table = "", chain = "", ...rule] of rules) {
      await run(...within("iptables", ["-w", "-t", table, "-I", chain, "1", ...rule]));
    }
    await run(...within("sh", ["-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]));
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, remove };
}

/**
 * The first three numbers of a /24 that nothing routes to. The search starts at a number made from the name, so
 * that two daemons that start at the same moment do not choose the same one.
 */
function freeSubnet(name: string, routes: string): string {
  const start = createHash("sha256").update(name).digest().readUInt16BE();
  for (let index = 0; index < 254; index++) {
    const subnet = `172.31.${((start + index) % 254) + 1}`;
    if (!routes.includes(`${subnet}.`)) return subnet;
  }
  throw new Error("no free subnet in 172.31.0.0/16");
}

/** A second dockerd with the wrong options removes the first one's bridge; better to notice at once. */
async function checkDefaultBridge(): Promise<void> {
  if (!(await answers())) return;
  const { code } = await attempt(which("ip") ?? "ip", ["link", "show", "docker0"]);
  if (code !== 0) throw new Error("the default engine has lost its bridge docker0; restart it");
}
