/** The image that is measured: a desktop and an env layer on the tests' Debian, of the machine's own libraries. */
import { cp, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../scripts/shell.ts";
import { dockerCli } from "../src/engine/cli.ts";
import { dockerEngine } from "../src/engine/engine.ts";
import type { Expected } from "../src/images/verify.ts";
import type { Layer } from "../src/layers/layer.ts";
import { planLayers } from "../src/layers/plan.ts";
import { BASE_IMAGE } from "../tests/harness/base-image.ts";
import { desktopContent, envContent } from "../tests/unit/fakes.ts";

export interface Chain {
  desktop: Layer;
  env: Layer;
  expected: Expected;
}

/** Unpacked bytes of the layers: about a distribution with tools, a desktop, and a project's packages. */
const BASE = 250e6;
const DESKTOP = 330e6;
const ENV = 120e6;
export const unpacked = { layers: DESKTOP + ENV, base: BASE };

/** Builds both layers in an engine, on a base from a registry. */
export async function buildLayers(host: string, base: string, salt: string): Promise<Chain> {
  const identity = { variant: "bench", sha256: "b".repeat(64) };
  const options = { cacheVersion: salt, secrets: [] };
  const planned = planLayers(identity, [desktopContent, envContent], options);
  const [desktop, env] = planned as [Layer, Layer];
  const rest = await build(host, desktop, base, await filesAfterBase(), DESKTOP);
  await build(host, env, desktop.reference, rest, ENV);
  const engine = dockerEngine(dockerCli({ ...process.env, DOCKER_HOST: host }));
  const image = await engine.images.inspect(env.reference);
  if (!image) throw new Error("the image was not built");
  return { desktop, env, expected: { platform: image.platform, baseDiffIds: undefined } };
}

/** Builds the base image in the default engine: the tests' Debian, and as much again of programs. */
export async function buildBase(name: string): Promise<void> {
  await build(
    undefined,
    { name: "base", labels: {}, reference: name },
    BASE_IMAGE,
    await libraries(),
    BASE,
  );
}

/** The base has the last files, so that it and the layers share none. */
async function filesAfterBase(): Promise<string[]> {
  return (await libraries()).reverse();
}

/** Programs and libraries: what images are made of, and compresses as they do. */
async function libraries(): Promise<string[]> {
  const folders = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/bin",
    "/usr/lib",
    "/usr/libexec",
  ];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
        () => [],
      );
      return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    }),
  );
  return [...new Set(found.flat())].sort();
}

/** Builds one layer of files up to so many bytes; answers the files that are left. */
async function build(
  host: string | undefined,
  layer: Pick<Layer, "labels" | "reference"> & { name: string },
  from: string,
  files: string[],
  bytes: number,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-bench-context-"));
  let [index, total] = [0, 0];
  try {
    for (; index < files.length && total < bytes; index++) {
      const file = files[index] as string;
      const { size } = await stat(file);
      if (size > 100e6) continue;
      total += size;
      await cp(file, join(folder, layer.name, file));
    }
    const labels = Object.entries(layer.labels).flatMap(([name, value]) => [
      "--label",
      `${name}=${value}`,
    ]);
    await run(
      "docker",
      [
        ...["buildx", "build", "--builder", "default"],
        ...["--provenance=false", "--sbom=false", "--quiet"],
        ...[...labels, "--tag", layer.reference, "--file", "-", folder],
      ],
      {
        env: host === undefined ? {} : { DOCKER_HOST: host },
        input: `FROM ${from}\nCOPY ${layer.name} /opt/${layer.name}\n`,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return files.slice(index);
}
