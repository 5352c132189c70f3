/** Before the first integration test: what they all need is there, or the whole run fails with the reason. */
import { access, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { attempt, which } from "../../scripts/shell.ts";
import { ensureBaseImage, ensureNoBashImage, ensureUserBaseImage } from "../harness/base-image.ts";
import { ensureSmallBaseImage, removeLayers } from "./support/images.ts";
import type { Prebuilt } from "./support/once-a-run.ts";

/**
 * Never skips: a test that did not run must not look like one that passed.
 *
 * @returns what ends the run: the layers that its files have shared go
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  await needs("an engine that answers", "docker", "version");
  await needs("buildx", "docker", "buildx", "version");
  if (!which("docker-registry")) {
    throw new Error(
      "integration tests need a registry: install Debian's package docker-registry. `npm test` does it by itself",
    );
  }
  await access(join(import.meta.dirname, "..", "..", "dist", "index.js")).catch(() => {
    throw new Error("integration tests run the built action: `npm run build` first");
  });
  await ensureBaseImage();
  await ensureUserBaseImage();
  await ensureNoBashImage();
  await ensureSmallBaseImage();
  const shared = await mkdtemp(join(tmpdir(), "agent-runner-shared-"));
  provide("shared", shared);
  return async () => {
    for (const name of await readdir(shared)) {
      if (!name.endsWith(".json")) continue;
      const { layers }: Prebuilt = JSON.parse(await readFile(join(shared, name), "utf8"));
      await removeLayers(layers.map(({ key }) => key).reverse());
    }
    await rm(shared, { recursive: true, force: true });
  };
}

async function needs(what: string, command: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await attempt(command, args);
  if (code !== 0) {
    throw new Error(
      `integration tests need ${what}; \`${[command, ...args].join(" ")}\` said: ${stderr || stdout}. ` +
        "`npm test` brings an engine up by itself, `npm run engine` leaves one running",
    );
  }
}
