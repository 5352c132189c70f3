/** Further engines: another machine with nothing on it. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type Daemon, startDaemon } from "../../../scripts/engine-daemon.ts";
import { attempt, type RunResult } from "../../../scripts/shell.ts";

export interface Engine {
  /** Goes into the step's environment. */
  env: { DOCKER_HOST: string };
  host: string;
  docker(...args: string[]): Promise<RunResult>;
}

/** An engine for one test file, empty at first; it and all it has go with the file's last test. */
export function useEngine({ containerd = false } = {}): () => Engine {
  let daemon: Daemon | undefined;
  let dir: string | undefined;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "agent-runner-engine-"));
    const name = `r${randomBytes(3).toString("hex")}`;
    daemon = await startDaemon({ dir, name, containerdSnapshotter: containerd });
  });
  afterAll(async () => {
    await daemon?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });
  return () => {
    const host = daemon?.host ?? "";
    const env = { DOCKER_HOST: host };
    return { env, host, docker: (...args) => attempt("docker", args, { env }) };
  };
}
