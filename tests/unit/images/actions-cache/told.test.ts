import { describe, expect, it } from "vitest";
import type { LayerOutcome } from "../../../../src/images/outcome.ts";
import type { Published, Store } from "../../../../src/images/store.ts";
import { createTimeline } from "../../../../src/log/timeline.ts";
import type { Prepared } from "../../../../src/modes/prepare.ts";
import { publishLayers } from "../../../../src/modes/publish.ts";
import type { Runtime } from "../../../../src/modes/runtime.ts";
import { layerReport } from "../../../../src/report/layer-report.ts";
import { base, envContent, fakeLog, layersOf, only, sha } from "../../fakes.ts";

// What a person is told of an image that was sent to the Actions cache, in the log and in the `layers` output.

const layer = only(layersOf(envContent));
const outcome: LayerOutcome = { layer, source: "built", digest: sha("d"), why: "", ms: 0 };
const whole = { bytes: 214e6, entries: 3, whole: true };
const partial = { bytes: 5e6, entries: 1, whole: false };
const nothing = { hit: false, why: "", trouble: false } as const;

/** Publishes one layer to the cache, and before that to a registry if it has an answer, too. */
async function publish(cache: Published, registry?: Published) {
  const log = fakeLog();
  const store = (name: Store["name"], result: Published): Store => ({
    name,
    probe: async () => nothing,
    restore: async () => nothing,
    publish: async () => result,
  });
  const shared = [
    ...(registry ? [store("registry", registry)] : []),
    store("actions-cache", { ...cache, store: "actions-cache" }),
  ];
  const push = { push: registry !== undefined, why: undefined };
  const prepared = { base, shared, push } as unknown as Prepared;
  const runtime = { log, timeline: createTimeline() } as unknown as Runtime;
  const published = await publishLayers([outcome], false, prepared, runtime);
  return { lines: log.lines, report: layerReport(outcome, published.get(layer.name)) };
}

describe("what was sent to the Actions cache", () => {
  it.each<[Published, string]>([
    [
      { outcome: "sent", digest: sha("e"), saved: whole },
      "info: layer env: saved to the Actions cache, 214 MB in 3 entries",
    ],
    [
      { outcome: "already there", why: "another job is just saving the same" },
      "info: layer env: not saved to the Actions cache, because another job is just saving the same",
    ],
    [
      { outcome: "failed", why: "reset", saved: partial },
      "warning: layer env was not saved to the Actions cache: reset (5.0 MB in 1 entry had been sent by then)",
    ],
    [
      { outcome: "denied", why: "read-only" },
      "notice: layer env was not saved to the Actions cache: read-only",
    ],
  ])("%j", async (result, line) => {
    const { lines, report } = await publish(result);
    expect(lines).toEqual([line]);
    expect(report.saved).toBe(result.outcome === "sent");
  });

  it("has no digest in a registry, and was not pushed", async () => {
    const { report } = await publish({ outcome: "sent", digest: sha("e"), saved: whole });
    expect(report).toMatchObject({ published: "", pushed: false, saved: true });
  });

  it("beside a registry: the digest is the registry's", async () => {
    const registry: Published = { outcome: "sent", digest: sha("a") };
    const both = await publish({ outcome: "sent", digest: sha("e"), saved: whole }, registry);
    expect(both.report).toMatchObject({ published: sha("a"), pushed: true, saved: true });
    const half = await publish({ outcome: "failed", why: "reset", saved: partial }, registry);
    expect(half.report).toMatchObject({ published: sha("a"), pushed: true, saved: false });
  });
});
