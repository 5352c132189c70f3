import { expect, it } from "vitest";
import { dockerEngine } from "../../../src/engine/engine.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { imageFor } from "../../../src/modes/image.ts";
import type { Prepared } from "../../../src/modes/prepare.ts";
import type { Runtime } from "../../../src/modes/runtime.ts";
import {
  base,
  ended,
  envContent,
  fakeDocker,
  fakeLog,
  fakeStore,
  inspected,
  noOptions,
  sha,
} from "../fakes.ts";
import { load, workspace } from "../settings/workspace.ts";

it("takes the name of an image away that was built and cannot be started", async () => {
  const docker = fakeDocker(
    ([command, verb]) => {
      if (command === "create") return { code: 1, stderr: "max depth exceeded" };
      return command === "image" && verb === "inspect" ? inspected({ Id: sha("c") }) : {};
    },
    () => ended(0),
  );
  const parent = { reference: "parent:1", anywhere: false };
  const found = { hit: true, reference: sha("e"), parent, digest: sha("e"), digests: [] } as const;
  const store = fakeStore({
    name: "local",
    probe: async () => ({ ...found, user: "", created: 0 }),
  });
  const log = fakeLog();
  const runtime = {
    engine: dockerEngine(docker),
    log,
    redactor: createRedactor([]),
    timeline: createTimeline(),
    folder: workspace(),
    cancelled: new AbortController().signal,
    runId: "1",
    login: async () => {},
    proxies: new Map(),
  } as unknown as Runtime;
  const prepared = {
    ...{ base, contents: [envContent], stores: [store], layerOptions: noOptions },
  } as unknown as Prepared;
  const wish = { start: true, sendTo: undefined, mustBuild: false };
  const job = await load({ inputs: { command: "true" } });
  const image = await imageFor(job, prepared, wish, runtime);
  expect(image.source).toBe("base");
  const key = image.outcomes[0]?.layer.reference;
  expect(docker.calls).toContainEqual(["image", "rm", key]);
  expect(log.lines.filter((line) => line.startsWith("warning"))).toEqual([
    expect.stringContaining("cannot be started: max depth exceeded"),
  ]);
});

it("reports why a layer was built without the secrets in a store's words", async () => {
  const secret = "s3cret-value";
  let builds = 0;
  const docker = fakeDocker(
    ([command]) => (command === "create" || command === "rm" ? { stdout: "id" } : undefined),
    ([command]) => {
      builds += command === "buildx" ? 1 : 0;
      return ended(0);
    },
  );
  const store = fakeStore({
    name: "local",
    probe: async () => ({
      hit: true,
      reference: sha("e"),
      parent: { reference: "parent:1", anywhere: false },
      digest: sha("e"),
      digests: [sha("e")],
      user: "",
      created: 0,
    }),
    restore: async () => ({ hit: false, why: `401 for ${secret}`, trouble: true }),
  });
  const log = fakeLog();
  const runtime = {
    engine: dockerEngine(docker),
    log,
    redactor: createRedactor([secret]),
    environment: { DOCKER_HOST: "unix:///x.sock" },
    timeline: createTimeline(),
    folder: workspace(),
    cancelled: new AbortController().signal,
    login: async () => {},
    proxies: new Map(),
  } as unknown as Runtime;
  const prepared = {
    base,
    contents: [envContent],
    stores: [store],
    layerOptions: noOptions,
  } as unknown as Prepared;
  const wish = { start: true, sendTo: undefined, mustBuild: false };
  const job = await load({ inputs: { command: "true" } });
  const image = await imageFor(job, prepared, wish, runtime);
  expect(builds).toBe(1);
  expect(image.outcomes).toMatchObject([{ source: "built", why: "401 for ***" }]);
});
