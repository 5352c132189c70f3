import { describe, expect, it } from "vitest";
import type { StartImage } from "../../../src/images/ladder.ts";
import type { LayerOutcome } from "../../../src/images/outcome.ts";
import type { Published, Store } from "../../../src/images/store.ts";
import type { Layer } from "../../../src/layers/layer.ts";
import { createRedactor } from "../../../src/log/redactor.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { publishLayers, whyForNobody, worthPublishing } from "../../../src/modes/publish.ts";
import { base, desktopContent, envContent, fakeLog, fakeStore, layersOf, sha } from "../fakes.ts";

const layers = layersOf(desktopContent, envContent);
const outcomes = (...sources: LayerOutcome["source"][]): LayerOutcome[] =>
  sources.map((source, index) => ({
    layer: layers[index] as Layer,
    source,
    shown: source,
    isHere: source === "built" || source === "local",
    digest: sha("d"),
    why: "",
    ms: 0,
  }));
const names = (chosen: readonly LayerOutcome[]) => chosen.map(({ layer }) => layer.name);

describe("what a run publishes", () => {
  const worth = (...sources: LayerOutcome["source"][]) =>
    names(worthPublishing({ outcomes: outcomes(...sources) } as unknown as StartImage));

  it.each<[LayerOutcome["source"], LayerOutcome["source"], string[]]>([
    ["built", "built", ["desktop", "env"]],
    ["local", "built", ["desktop", "env"]], // others find the whole chain
    ["registry", "built", ["env"]],
    ["built", "failed", ["desktop"]],
    ["local", "failed", []],
    ["failed", "built", ["env"]],
    ["local", "local", []],
    ["registry", "registry", []],
    ["none", "registry", []],
  ])("desktop %s, env %s", (desktop, env, expected) => {
    expect(worth(desktop, env)).toEqual(expected);
  });
});

describe("what is built is for nobody", () => {
  const no = (why?: string) => fakeStore({ policy: { write: false, why } });
  it.each<[string, Store[], RegExp | undefined]>([
    ["where the one store that is named may not be written", [no("of a fork")], /of a fork$/],
    ["where neither may", [no("of a fork"), no("of a fork")], /neither .* nor .*of a fork$/],
    ["and that is no surprise where none is named", [no()], undefined],
    ["and not where there is no store at all", [], undefined],
    ["and not where another takes it", [no("of a fork"), fakeStore()], undefined],
  ])("%s", (_, stores, why) => {
    const said = whyForNobody(stores);
    why === undefined ? expect(said).toBeUndefined() : expect(said).toMatch(why);
  });
});

describe("publishing", () => {
  interface Asked {
    layer: string;
    replace: boolean;
  }
  const publish = async (
    results: (Published | Error | undefined)[],
    policy: Store["policy"] = { write: true },
    replace = false,
    chosen = outcomes("built", "built"),
  ) => {
    const asked: Asked[] = [];
    const log = fakeLog();
    const timeline = createTimeline();
    const redactor = createRedactor(["s3cret-value"]);
    const store = fakeStore({
      policy,
      async publish(layer, expected, replaced) {
        expect(expected).toEqual({ platform: base.platform, baseDiffIds: base.diffIds });
        const result = results[asked.length];
        asked.push({ layer: layer.name, replace: replaced });
        if (result instanceof Error) throw result;
        return result as Published;
      },
    });
    const prepared = { base, stores: [store] };
    const published = await publishLayers(chosen, replace, prepared, { log, redactor, timeline });
    return { asked, lines: log.lines, published, spans: timeline.spans().map(({ name }) => name) };
  };
  const sent: Published = { outcome: "sent", digest: sha("e") };

  it("goes bottom first, one after the other, each with a span of its own", async () => {
    const { asked, published, spans, lines } = await publish([sent, sent]);
    expect(asked.map(({ layer }) => layer)).toEqual(["desktop", "env"]);
    expect(spans).toEqual(["publish desktop to the registry", "publish env to the registry"]);
    expect([...published]).toMatchObject([
      ["desktop", [sent]],
      ["env", [sent]],
    ]);
    expect(lines).toEqual([
      `info: desktop image: pushed to the registry (${sha("e")})`,
      `info: environment image: pushed to the registry (${sha("e")})`,
    ]);
  });

  it("passes on that a rebuild replaces what is there", async () => {
    expect((await publish([sent, sent], undefined, true)).asked).toEqual([
      { layer: "desktop", replace: true },
      { layer: "env", replace: true },
    ]);
  });

  it("does nothing where the event is not trusted, and says so once", async () => {
    const policy = { write: false, why: "the pull request is from a fork" };
    const { asked, lines, published } = await publish([], policy);
    expect(asked).toEqual([]);
    expect(published.size).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^notice: .*the pull request is from a fork$/)]);
  });

  it("is silent where nobody asked for a push, and where there is nothing to send", async () => {
    expect((await publish([], { write: false })).lines).toEqual([]);
    const nothing = await publish([], { write: false, why: "of a fork" }, false, []);
    expect(nothing.lines).toEqual([]);
  });

  it.each<[Published, RegExp]>([
    [
      { outcome: "already there", digest: sha("a"), why: "it was quicker" },
      /^info: .*not pushed to the registry: it was quicker/,
    ],
    [
      { outcome: "already there", why: "the tag is kept", isNotice: true },
      /^notice: the desktop image was not pushed to the registry: the tag is kept$/,
    ],
    [{ outcome: "failed", why: "500" }, /^warning: .*500$/],
  ])("%j is said once, and the next layer is still sent", async (result, line) => {
    const { asked, lines } = await publish([result, sent]);
    expect(asked).toHaveLength(2);
    expect(lines).toEqual([
      expect.stringMatching(line),
      expect.stringContaining("environment image"),
    ]);
  });

  it("a store's words are reported without secrets", async () => {
    const { published } = await publish([{ outcome: "failed", why: "401 for s3cret-value" }, sent]);
    expect(published.get("desktop")).toMatchObject([{ why: "401 for ***" }]);
  });

  it("a denial is said once, and nothing more is sent there", async () => {
    const { asked, lines } = await publish([{ outcome: "denied", why: "403" }, sent]);
    expect(asked).toHaveLength(1);
    expect(lines).toEqual([
      "notice: the desktop image was not pushed to the registry, access was denied: 403",
    ]);
  });

  it("never fails, not even for a bug in a store", async () => {
    const { lines, published } = await publish([new Error("a bug"), sent]);
    expect(lines[0]).toMatch(/^warning: the desktop image .*a bug/);
    expect(published.get("env")).toMatchObject([sent]);
  });

  it("does not need a store that can publish", async () => {
    const { published, lines } = await publish([undefined, undefined]);
    expect(published.size).toBe(0);
    expect(lines).toEqual([]);
  });
});
