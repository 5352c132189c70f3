/**
 * A real registry (Debian's `docker-registry`, which is CNCF Distribution) on a loopback port, behind a proxy that
 * records what is asked of it. The engine trusts loopback addresses without TLS.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcess, run, which } from "../../scripts/shell.ts";
import { type RecordingProxy, startProxy } from "./proxy.ts";
import { startServer } from "./server.ts";

export interface RegistryOptions {
  /** Ask for a name and password (basic authentication); anonymous access is then refused with 401. */
  htpasswd?: { username: string; password: string };
}

/** The proxy's members: `address` is what a test uses as registry; `stop()` also removes the data. */
export interface Registry extends RecordingProxy {
  /** The address without the proxy: not recorded, never faulty. For a test's own preparations. */
  direct: string;
}

/** Starts a registry with deletion enabled. Throws with its log when it does not come up within 30 s. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const program = which("docker-registry");
  if (!program)
    throw new Error("docker-registry is not installed (Debian package docker-registry)");
  const dir = await mkdtemp(join(tmpdir(), "agent-runner-registry-"));
  try {
    const file = join(dir, "config.json");
    await writeFile(file, JSON.stringify(await config(dir, options)));
    const listens = /listening on (127\.0\.0\.1:\d+)\W/;
    // It must not call out.
    const env = { OTEL_TRACES_EXPORTER: "none" };
    const { pid, address: direct } = await startServer([program, "serve", file], dir, listens, env);
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
async function config(dir: string, { htpasswd }: RegistryOptions): Promise<unknown> {
  const base = {
    version: 0.1,
    // Its address is said at this level.
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, "data") }, delete: { enabled: true } },
    // Relative, so that an upload's next address leads through the proxy and not past it.
    http: { addr: "127.0.0.1:0", relativeurls: true, secret: "only for tests" },
  };
  if (!htpasswd) return base;
  const path = join(dir, "htpasswd");
  const args = ["-niB", "-C", "5", htpasswd.username];
  const line = await run(which("htpasswd") ?? "htpasswd", args, { input: htpasswd.password });
  await writeFile(path, line.trim());
  return { ...base, auth: { htpasswd: { realm: "tests", path } } };
}
