import type { Writable } from "node:stream";
import { type Builder, BuildFailed, type Parent } from "../../../src/build/build.ts";
import { type EnsureOptions, ensureImage } from "../../../src/images/ladder.ts";
import { absent, type Hit, type Lookup, type Store } from "../../../src/images/store.ts";
import type { Content } from "../../../src/layers/content.ts";
import type { Layer } from "../../../src/layers/layer.ts";
import { createTimeline } from "../../../src/log/timeline.ts";
import { base, desktopContent, envContent, fakeLog, fakeStore, noOptions } from "../fakes.ts";

/** What a store says of a layer: nothing stands for "not there". */
export type Answers = Record<string, Lookup | undefined>;

/** A hit of this store for a layer, by `desktop`, `env` (on the desktop) or `env-on-base`. */
export function hit(store: string, name: string): Hit {
  return {
    hit: true,
    reference: `${store}:${name}:id`,
    parent: { reference: `${store}:${name}`, anywhere: store !== "local" },
    digest: `digest of ${name} in ${store}`,
    digests: [`digest of ${name} in ${store}`],
    created: 0,
    user: "",
  };
}

/** `env` on the desktop and on the base are two layers of one name. */
export function idOf(layer: Layer): string {
  return layer.name === "env" && layer.parent === undefined ? "env-on-base" : layer.name;
}

export interface LadderOptions extends Partial<EnsureOptions> {
  readonly local?: Answers;
  readonly registry?: Answers;
  /** There is an Actions cache, too, and this is what it has. */
  readonly cache?: Answers;
  /** Layers whose build fails. */
  readonly failing?: readonly string[];
  /** Layers whose image is built and cannot be started. */
  readonly unstartable?: readonly string[];
  readonly contents?: readonly Content[];
}

/** Runs the ladder with fakes and tells every call to a store or the builder, in order. */
export async function ladder(options: LadderOptions = {}) {
  const calls: string[] = [];
  const parents: Parent[] = [];
  const started: string[] = [];
  const engine: Answers = { ...options.local };
  const store = (name: string, answers: Answers): Store => {
    const ask = (what: string) => async (layer: Layer) => {
      const id = idOf(layer);
      calls.push(`${what} ${id} in ${name}`);
      const found = answers[id] ?? absent(`not in ${name}`);
      // as the real one does: what is pulled is in the engine from then on
      if (found.hit && what === "restore") engine[id] ??= hit("local", id);
      return found;
    };
    const servesBuilders = name !== "actions-cache";
    return fakeStore({
      name,
      title: name,
      servesBuilders,
      probe: ask("probe"),
      restore: ask("restore"),
    });
  };
  const local = store("local", engine);
  const builder: Builder = {
    async build(layer: Layer, parent: Parent, output: Writable) {
      const id = idOf(layer);
      calls.push(`build ${id}`);
      parents.push(parent);
      output.write("building\n");
      if (options.failing?.includes(id)) throw new BuildFailed(`${id} is broken`, "the tail");
      engine[id] ??= hit("local", id);
    },
  };
  const log = fakeLog();
  const result = ensureImage(
    base,
    options.contents ?? [desktopContent, envContent],
    {
      ...noOptions,
      failOnTrouble: false,
      failOnBuild: false,
      fetch: true,
      rebuild: false,
      ...options,
    },
    {
      stores: [
        local,
        store("registry", options.registry ?? {}),
        ...(options.cache ? [store("actions-cache", options.cache)] : []),
      ],
      builder,
      builtInto: local,
      whyNotStarted: async (_image, layer) => {
        const id = idOf(layer);
        started.push(id);
        if (options.unstartable?.includes(id)) delete engine[id];
        return options.unstartable?.includes(id) ? "max depth exceeded" : undefined;
      },
      log,
      timeline: createTimeline(),
      baseParent: async () => ({ reference: base.reference, anywhere: true }),
      explainMiss: async () => undefined,
    },
  );
  const image = await result.catch((error: unknown) => error as Error);
  const start = () => {
    if (image instanceof Error) throw image;
    return image;
  };
  const sources = () => start().outcomes.map(({ layer, source }) => `${idOf(layer)}: ${source}`);
  const warnings = log.lines.filter((line) => line.startsWith("warning"));
  return { calls, parents, started, image, start, sources, warnings, log };
}
