import { describe, expect, it } from "vitest";
import { built } from "../../../../src/images/outcome.ts";
import type { Published } from "../../../../src/images/store.ts";
import { createRedactor } from "../../../../src/log/redactor.ts";
import { createTimeline } from "../../../../src/log/timeline.ts";
import { publishLayers } from "../../../../src/modes/publish.ts";
import { layerReport } from "../../../../src/report/layer-report.ts";
import { base, envContent, fakeLog, fakeStore, layersOf, only, sha } from "../../fakes.ts";

// What a person is told of an image that was sent to the Actions cache, in the log and in the `layers` output.

const layer = only(layersOf(envContent));
const outcome = built(layer, { digest: sha("d"), why: "", ms: 0 });
const whole = { bytes: 214e6, entries: 3, whole: true };
const partial = { bytes: 5e6, entries: 1, whole: false };

/** Publishes one layer to the cache, and before that to a registry if it has an answer, too. */
async function publish(cache: Published, registry?: Published) {
  const log = fakeLog();
  const kept = { name: "actions-cache", title: "the Actions cache", verb: "saved" } as const;
  const stores = [
    ...(registry ? [fakeStore({ publish: async () => registry })] : []),
    fakeStore({ ...kept, publish: async () => cache }),
  ];
  const runtime = { log, redactor: createRedactor(), timeline: createTimeline() };
  const published = await publishLayers([outcome], false, { base, stores }, runtime);
  return { lines: log.lines, report: layerReport(outcome, published) };
}

describe("what was sent to the Actions cache", () => {
  it.each<[Published, string]>([
    [
      { outcome: "sent", digest: sha("e"), saved: whole },
      "info: environment image: saved to the Actions cache (214 MB in 3 entries)",
    ],
    [
      { outcome: "already there", why: "another job is just saving the same" },
      "info: environment image: not saved to the Actions cache: another job is just saving the same",
    ],
    [
      { outcome: "failed", why: "reset", saved: partial },
      "warning: the environment image was not saved to the Actions cache: reset (5.0 MB in 1 entry had been sent by then)",
    ],
    [
      { outcome: "denied", why: "read-only" },
      "notice: the environment image was not saved to the Actions cache, access was denied: read-only",
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
