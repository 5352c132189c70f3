/** The store itself on a real engine and a real cache service, without the action around it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { dockerCli } from "../../../src/engine/cli.ts";
import { dockerEngine } from "../../../src/engine/engine.ts";
import type { ActionsCacheOptions } from "../../../src/images/actions-cache/options.ts";
import { actionsCacheStore } from "../../../src/images/actions-cache/store.ts";
import type { Store } from "../../../src/images/store.ts";
import type { Expected } from "../../../src/images/verify.ts";
import type { Layer } from "../../../src/layers/layer.ts";
import { planLayers } from "../../../src/layers/plan.ts";
import type { CacheService } from "../../harness/cache-service.ts";
import { desktopContent, envContent } from "../../unit/fakes.ts";
import type { Engine } from "./support.ts";

export interface Made {
  layer: Layer;
  expected: Expected;
}

/** The action's own engine verbs over one of the tests' engines. */
export const engineOf = ({ env }: Engine) => dockerEngine(dockerCli({ ...process.env, ...env }));

let made = 0;

/** Builds an image in an engine that is a layer of ours, from nothing, with a file of random bytes. */
export async function makeLayer(engine: Engine, bytes: number, parent?: Made): Promise<Made> {
  made += 1;
  const options = { cacheVersion: `${process.pid}-${made}`, secrets: [] };
  const base = { variant: "test", sha256: String(process.pid).padStart(64, "0") };
  const contents = parent === undefined ? [desktopContent] : [desktopContent, envContent];
  const planned = planLayers(base, contents, options).at(-1) as Layer;
  const layer = parent === undefined ? planned : { ...planned, parent: parent.layer };
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-layer-"));
  try {
    await run("dd", [
      "if=/dev/urandom",
      `of=${folder}/data-${made}`,
      "bs=1000",
      `count=${bytes / 1000}`,
    ]);
    const from = parent === undefined ? "scratch" : parent.layer.reference;
    await run(
      "docker",
      [
        ...[
          "buildx",
          "build",
          "--builder",
          "default",
          "--provenance=false",
          "--sbom=false",
          "--quiet",
        ],
        ...Object.entries(layer.labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
        ...["--tag", layer.reference, "--file", "-", folder],
      ],
      { env: engine.env, input: `FROM ${from}\nCOPY data-${made} /\n` },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const image = await engineOf(engine).images.inspect(layer.reference);
  if (image === undefined) throw new Error(`${layer.reference} was not built`);
  return { layer, expected: { platform: image.platform, baseDiffIds: undefined } };
}

/** A store as a new job has it: its own folder, worker and token. */
export async function newJob(
  engine: Engine,
  service: CacheService,
  options: Partial<ActionsCacheOptions> & { ref?: string; readOnly?: boolean } = {},
): Promise<Store & { folder: string; notices: string[] }> {
  const { ref, readOnly = false, ...rest } = options;
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-job-folder-"));
  const end = new AbortController();
  onTestFinished(async () => {
    end.abort();
    await rm(folder, { recursive: true, force: true });
  });
  const notices: string[] = [];
  const store = actionsCacheStore({
    engine: engineOf(engine),
    folder,
    environment: { ...process.env, ...service.env(ref, { readOnly }) },
    read: true,
    write: true,
    base: undefined,
    runId: "test",
    label: "io.agent-runner.test=1",
    limitMs: 120_000,
    signal: end.signal,
    notice: (message) => void notices.push(message),
    remote: false,
    ...rest,
  });
  return { ...store, folder, notices };
}

/** Saves a layer, or says why not. */
export async function publish(store: Store, { layer, expected }: Made, replace = false) {
  return store.publish?.(layer, expected, replace);
}
