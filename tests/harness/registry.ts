/**
 * A real registry (Debian's `docker-registry`, which is CNCF Distribution) on a loopback port, behind a proxy that
 * records what is asked of it. The engine trusts loopback addresses without TLS.
 */
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcess, isAlive, run, tail, which } from "../../scripts/shell.ts";
import { freePort } from "./free-port.ts";
import { type RecordingProxy, startProxy } from "./proxy.ts";

export interface RegistryOptions {
  /** Ask for a name and password (basic authentication); anonymous access is then refused with 401. */
  htpasswd?: { username: string; password: string };
}

/** The proxy's members: `address` is what a test uses as registry; `stop()` also removes the data. */
export interface Registry extends RecordingProxy {
  /** The address without the proxy: not recorded, never faulty. For a test's own preparations. */
  direct: string;
}

/** Starts a registry with deletion enabled. Throws with its log when it does not come up within 20 s. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const program = which("docker-registry");
  if (!program)
    throw new Error("docker-registry is not installed (Debian package docker-registry)");
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-registry-"));
  try {
    const direct = `127.0.0.1:${await freePort()}`;
    await writeFile(join(dir, "config.json"), JSON.stringify(await config(dir, direct, options)));
    const pid = await launch(program, dir, direct);
    const proxy = await startProxy(direct);
    const stop = proxy.stop;
    return Object.assign(proxy, {
      direct,
      stop: async () => {
        await stop();
        await endProcess(pid);
        await rm(dir, { recursive: true, force: true });
      },
    });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

/** The configuration file is YAML, and JSON is YAML. */
async function config(dir: string, addr: string, { htpasswd }: RegistryOptions): Promise<unknown> {
  const base = {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, "data") }, delete: { enabled: true } },
    // Relative, so that an upload's next address leads through the proxy and not past it.
    http: { addr, relativeurls: true, secret: "only for tests" },
  };
  if (!htpasswd) return base;
  const path = join(dir, "htpasswd");
  const args = ["-niB", "-C", "5", htpasswd.username];
  const line = await run(which("htpasswd") ?? "htpasswd", args, { input: htpasswd.password });
  await writeFile(path, line.trim());
  return { ...base, auth: { htpasswd: { realm: "tests", path } } };
}

async function launch(program: string, dir: string, address: string): Promise<number> {
  const log = join(dir, "registry.log");
  const out = openSync(log, "w");
  const child = spawn(program, ["serve", join(dir, "config.json")], {
    // Nothing else of our environment: a REGISTRY_… variable would override the file. It also must not call out.
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none" },
    stdio: ["ignore", out, out],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  // It must not keep a test process alive that forgot to stop it, nor outlive that process.
  child.unref();
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  const deadline = Date.now() + 20_000;
  for (;;) {
    // Without credentials the answer is 401 where a password is wanted, and that will do.
    const answer = await fetch(`http://${address}/v2/`).catch(() => undefined);
    if (answer) return pid;
    if (!(await isAlive(pid)) || Date.now() > deadline) {
      await endProcess(pid);
      throw new Error(`docker-registry does not answer:\n${tail(await readFile(log, "utf8"), 20)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
