import { afterAll, beforeAll } from "vitest";
import { attempt, type RunResult, run } from "../../../scripts/shell.ts";
import { type CacheService, startCacheService } from "../../harness/cache-service.ts";
import { type Registry, startRegistry } from "../../harness/registry.ts";
import type { ActionOptions } from "../../harness/runner.ts";
import { act, type Ran } from "../support/act.ts";
import { useEngine as useEmptyEngine } from "../support/engines.ts";
import { SMALL_BASE_IMAGE } from "../support/images.ts";

export type ImageStore = "classic" | "containerd";
export const imageStores: ImageStore[] = ["classic", "containerd"];

/** What an entry of the cache is, by its key. */
export const isLayer = (key: string) => key.startsWith("agent-runner-blob-");
export const isImage = (key: string) => key.startsWith("agent-runner-image-");

/** An engine of the test's own, empty at first. */
export interface Engine {
  env: { DOCKER_HOST: string };
  docker(...args: string[]): Promise<string>;
  tryDocker(...args: string[]): Promise<RunResult>;
  /** Removes all names and images of the layers. */
  forget(keys: readonly string[]): Promise<void>;
}

export function useCacheService(): () => CacheService {
  let service: CacheService | undefined;
  beforeAll(async () => {
    service = await startCacheService();
  });
  afterAll(() => service?.stop());
  return () => service as CacheService;
}

/** An empty engine for one test file. */
export function useEngine(store: ImageStore): () => Engine {
  const engine = useEmptyEngine({ containerd: store === "containerd" });
  return () => engineAt(engine().host);
}

function engineAt(host: string): Engine {
  const env = { DOCKER_HOST: host };
  const docker = (...args: string[]) => run("docker", args, { env });
  const tryDocker = (...args: string[]) => attempt("docker", args, { env });
  return {
    env,
    docker,
    tryDocker,
    async forget(keys) {
      for (const key of keys) {
        const filter = `label=io.agent-runner.key=${key}`;
        const ids = await docker("image", "ls", "--all", "--quiet", "--filter", filter);
        for (const id of new Set(ids.split("\n").filter((line) => line !== ""))) {
          await tryDocker("image", "rm", "--force", id);
        }
      }
    },
  };
}

/** A registry with a base image that no other test has; the only registry there is. */
export function useBaseRegistry(): () => { registry: Registry; image: string } {
  let registry: Registry | undefined;
  let image = "";
  beforeAll(async () => {
    registry = await startRegistry();
    // through the proxy, so that what is asked for later is recorded under the same name
    image = `${registry.address}/test/base:1`;
    const dockerfile = [
      "FROM scratch",
      `COPY --from=${SMALL_BASE_IMAGE} / /`,
      // larger than what is bundled, and nothing that compresses
      `RUN ["/bin/bash", "-c", "head -c 3000000 /dev/urandom >/base-${process.pid}"]`,
    ];
    const flags = ["--builder", "default", "--provenance=false", "--sbom=false", "--quiet"];
    const input = `${dockerfile.join("\n")}\n`;
    await run("docker", ["buildx", "build", ...flags, "--no-cache", "--tag", image, "-"], {
      input,
    });
    await run("docker", ["push", image]);
    await run("docker", ["image", "rm", image]);
    registry.requests.length = 0;
  });
  afterAll(() => registry?.stop());
  return () => ({ registry: registry as Registry, image });
}

/** Runs the action as a job on GitHub that has a cache. */
export function actWith(
  engine: Engine,
  service: CacheService,
  inputs: Record<string, string>,
  options: Partial<ActionOptions> & { ref?: string; readOnly?: boolean; blind?: boolean } = {},
): Promise<Ran> {
  const { ref, readOnly = false, blind = false, ...rest } = options;
  const dist = process.env.AGENT_RUNNER_TEST_DIST;
  return act(inputs, {
    ...rest,
    ...(dist ? { dist } : {}),
    env: { ...engine.env, ...service.env(ref, { readOnly, blind }), ...options.env },
  });
}

/** The names that images have in an engine on behalf of the action's own registry. */
export async function loopbackNames(engine: Engine): Promise<string[]> {
  const format = "{{.Repository}}:{{.Tag}}@{{.Digest}}";
  const names = await engine.docker("image", "ls", "--all", "--digests", "--format", format);
  return names.split("\n").filter((name) => /^127\.0\.0\.1:\d+\/[0-9a-f]{16}-/.test(name));
}

/** Kinds of calls and how often: what a run costs the service. */
export function counts(service: CacheService): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { method } of service.calls) found[method] = (found[method] ?? 0) + 1;
  return found;
}
