import { expect, it } from "vitest";
import { ensureImage } from "../../../src/images/ladder.ts";
import { absent, type Hit, type Store } from "../../../src/images/store.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { publishLayers } from "../../../src/modes/publish.ts";
import { layerReport } from "../../../src/report/layer-report.ts";
import { summary } from "../../../src/report/summary.ts";
import { base, envContent, fakeLog, fakeStore, noOptions, sha } from "../fakes.ts";

// A further store costs one file and one line: this one, held in memory, is there in this test alone.

function memoryStore(): Store {
  const images = new Map<string, Hit>();
  const look: Store["probe"] = async (layer) => images.get(layer.key) ?? absent("not in memory");
  return {
    name: "memory",
    title: "this machine's memory",
    verb: "saved",
    policy: { write: true },
    servesBuilders: false,
    probe: look,
    restore: look,
    async publish(layer) {
      images.set(layer.key, {
        hit: true,
        reference: "id",
        parent: { reference: layer.reference, anywhere: false },
        digest: sha("e"),
        digests: [sha("e")],
        user: "",
        created: 0,
      });
      return { outcome: "sent", digest: sha("e") };
    },
  };
}

it("is published to, restored from, and told of, by nobody who knows it", async () => {
  const memory = memoryStore();
  const log = fakeLog();
  const built: Store = fakeStore({
    name: "local",
    title: "the engine",
    policy: { write: false },
    probe: async (layer) => ({
      hit: true,
      reference: "built",
      parent: { reference: layer.reference, anywhere: false },
      digest: sha("d"),
      digests: [sha("d")],
      user: "",
      created: 0,
    }),
  });
  const run = (stores: readonly Store[]) =>
    ensureImage(
      base,
      [envContent],
      { ...noOptions, failOnTrouble: true, failOnBuild: true, fetch: true, rebuild: false },
      {
        stores,
        builtInto: built,
        whyNotStarted: undefined,
        builder: { build: async () => {} },
        log,
        timeline: createTimeline(),
        baseParent: async () => ({ reference: base.reference, anywhere: true }),
        explainMiss: async () => undefined,
      },
    );
  const cold = await run([memory]);
  expect(cold.source).toBe("built");
  const tools = { log, redactor: createRedactor(), timeline: createTimeline() };
  const prepared = { base, stores: [memory] };
  const published = await publishLayers(cold.outcomes, false, prepared, tools);
  const [outcome] = cold.outcomes;
  expect(outcome && layerReport(outcome, published)).toMatchObject({ saved: true, pushed: false });
  expect(log.lines).toContain(
    `info: environment image: saved to this machine's memory (${sha("e")})`,
  );
  const warm = await run([memory]);
  expect(warm).toMatchObject({ source: "memory", digest: sha("e") });
  const text = summary({ title: "T", facts: [], layers: warm.outcomes, spans: [], warnings: [] });
  expect(text).toContain("| environment image | found in this machine's memory |");
});
