/**
 * Base images for the tests: a real Debian, made on the spot, because a test must not depend on a registry
 * somewhere else. They are made once a machine; a tar in the cache folder serves every further engine.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { attempt, run } from "../../scripts/shell.ts";
import { bootstrap, canBootstrap } from "./bootstrap.ts";
import { withLock } from "./lock.ts";

export const BASE_IMAGE = "agent-runner-test-base:bookworm";
export const USER_BASE_IMAGE = "agent-runner-test-base-user:bookworm";
export const NO_BASH_IMAGE = "agent-runner-test-no-bash:bookworm";

export interface EngineAddress {
  /** Which engine the image is wanted in (`unix://…`); the default one unless given. */
  host?: string;
}

/** Where what is slow to make is kept between runs; git-ignored. */
export function cacheFolder(): string {
  const ours = join(import.meta.dirname, "..", "..", ".cache");
  return process.env.AGENT_RUNNER_TEST_CACHE || ours;
}

/**
 * A minimal Debian 12 with bash, whose apt works in a container: from the engine, from the cached tar, or made
 * with debootstrap (under a minute). Where this is no Debian or not root, Debian's own image is pulled instead.
 */
export function ensureBaseImage(engine: EngineAddress = {}): Promise<{ reference: string }> {
  return ensure(BASE_IMAGE, engine, async (env) => {
    const tar = join(cacheFolder(), "agent-runner-test-base-bookworm.tar");
    if (!existsSync(tar)) {
      if (!canBootstrap()) {
        await run("docker", ["pull", "--quiet", "debian:bookworm-slim"], { env });
        await run("docker", ["tag", "debian:bookworm-slim", BASE_IMAGE], { env });
        return;
      }
      await bootstrap("bookworm", tar);
    }
    await run("docker", ["import", "--change", 'CMD ["bash"]', tar, BASE_IMAGE], { env });
  });
}

/** The base image with a USER that is neither root nor the runner: `agent`, number 4321, without sudo. */
export function ensureUserBaseImage(engine: EngineAddress = {}): Promise<{ reference: string }> {
  return ensureBuilt(USER_BASE_IMAGE, engine, [
    `FROM ${BASE_IMAGE}`,
    "RUN useradd --uid 4321 --user-group --create-home --shell /bin/bash agent",
    "USER agent",
  ]);
}

/** An image with a shell (`sh`, from busybox) and without bash, for the error that says so. */
export function ensureNoBashImage(engine: EngineAddress = {}): Promise<{ reference: string }> {
  return ensureBuilt(NO_BASH_IMAGE, engine, [
    `FROM ${BASE_IMAGE} AS packages`,
    "RUN apt-get update && apt-get install --yes --no-install-recommends busybox-static",
    "RUN mkdir -p /out/bin /out/tmp && cp /bin/busybox /out/bin && chmod 1777 /out/tmp \\",
    "  && for name in sh cat ls echo sleep; do ln -s busybox /out/bin/$name; done",
    "FROM scratch",
    "COPY --from=packages /out /",
    'CMD ["sh"]',
  ]);
}

async function ensureBuilt(
  reference: string,
  engine: EngineAddress,
  dockerfile: string[],
): Promise<{ reference: string }> {
  await ensureBaseImage(engine);
  return ensure(reference, engine, async (env) => {
    const flags = ["--builder", "default", "--provenance=false", "--sbom=false", "--quiet"];
    const input = `${dockerfile.join("\n")}\n`;
    await run("docker", ["buildx", "build", ...flags, "--tag", reference, "-"], { env, input });
  });
}

/** Makes an image unless the engine has it, one process at a time. */
async function ensure(
  reference: string,
  engine: EngineAddress,
  make: (env: Record<string, string>) => Promise<void>,
): Promise<{ reference: string }> {
  // By variable rather than `--host`: buildx is a program of its own and sees only this.
  const env: Record<string, string> = engine.host ? { DOCKER_HOST: engine.host } : {};
  const present = async () =>
    (await attempt("docker", ["image", "inspect", reference], { env })).code === 0;
  if (await present()) return { reference };
  await mkdir(cacheFolder(), { recursive: true });
  const lock = join(cacheFolder(), `${reference.replaceAll(/\W/g, "-")}.lock`);
  await withLock(lock, async () => {
    if (!(await present())) await make(env);
  });
  return { reference };
}
