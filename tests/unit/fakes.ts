import { Writable } from "node:stream";
import type { Answer, Docker, Ended, LongOptions } from "../../src/engine/cli.ts";
import type { Base } from "../../src/images/base.ts";
import type { Store } from "../../src/images/store.ts";
import type { Content } from "../../src/layers/content.ts";
import type { Layer } from "../../src/layers/layer.ts";
import { planLayers } from "../../src/layers/plan.ts";
import type { Log, UntrustedOutput } from "../../src/log/log.ts";
import type { ImageConfig } from "../../src/registry/documents.ts";

type Said = Partial<Answer> | undefined;

export interface FakeDocker extends Docker {
  /** The argv of every command, in order. */
  readonly calls: (readonly string[])[];
}

/** A docker CLI that answers as it is told; what it is told nothing about fails. */
export function fakeDocker(
  answer: (args: readonly string[]) => Said | Promise<Said>,
  long: (args: readonly string[], options: LongOptions) => Ended | Promise<Ended> = () => ended(1),
): FakeDocker {
  const calls: (readonly string[])[] = [];
  return {
    cancelled: undefined,
    calls,
    async ask(...args) {
      calls.push(args);
      const said = (await answer(args)) ?? { code: 1, stderr: `unexpected: ${args.join(" ")}` };
      return { code: 0, stdout: "", stderr: "", ...said };
    },
    start(args, options = {}) {
      calls.push(args);
      const done = Promise.resolve(long(args, options));
      return { done, end: () => done };
    },
  };
}

export function ended(code: number | null): Ended {
  return { code, signal: null };
}

export const noSuchImage: Partial<Answer> = { code: 1, stderr: "Error: No such image: it" };

/** The answer of `docker image inspect` for one image. */
export function inspected(image: Record<string, unknown>): Partial<Answer> {
  return {
    stdout: JSON.stringify([
      { Os: "linux", Architecture: "amd64", RootFS: { Layers: [] }, Config: {}, ...image },
    ]),
  };
}

export const hex = (digit: string) => digit.repeat(64);
export const sha = (digit: string) => `sha256:${hex(digit)}`;

export const base: Base = {
  identity: { variant: "12", sha256: hex("b") },
  platform: { os: "linux", architecture: "amd64" },
  digest: sha("b"),
  reference: `debian@${sha("c")}`,
  local: false,
  diffIds: [sha("1"), sha("2")],
};

export const desktopContent: Content = {
  name: "desktop",
  title: "the desktop",
  scripts: [
    { component: "install", file: "install.sh", text: "install\n", label: "the install script" },
    { component: "setup", file: "setup.sh", text: "setup\n", label: "the setup script" },
  ],
  files: [],
  cached: true,
  optional: false,
};

export const envContent: Content = {
  name: "env",
  title: "the environment",
  scripts: [
    {
      component: "preflight",
      file: "cached-preflight.sh",
      text: "prepare\n",
      label: "the cached preflight",
    },
  ],
  files: [],
  cached: true,
  optional: false,
};

export const noOptions = { cacheVersion: undefined, secrets: [] };

/** The layers of the contents above, bottom first. */
export function layersOf(...contents: Content[]): readonly Layer[] {
  return planLayers(base.identity, contents, noOptions);
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`${items.length} items, not one`);
  return item;
}

/** A store that has nothing and takes nothing, unless it is told otherwise. */
export function fakeStore(more: Partial<Store> = {}): Store {
  const nothing = async () => ({ hit: false, why: "", trouble: false }) as const;
  return {
    name: "registry",
    title: "the registry",
    verb: "pushed",
    policy: { write: true },
    servesBuilders: true,
    probe: nothing,
    restore: nothing,
    ...more,
  };
}

/** An image that is what the plan says. */
export function imageOf(layer: Layer): ImageConfig {
  return {
    platform: { os: "linux", architecture: "amd64" },
    labels: { ...layer.labels },
    diffIds: [sha("1"), sha("2"), sha("3")],
    created: 0,
    user: "",
  };
}

export interface FakeLog extends Log {
  readonly lines: string[];
}

/** Remembers what was said, as `kind: message`. */
export function fakeLog(): FakeLog {
  const lines: string[] = [];
  const say = (kind: string) => (message: string) => void lines.push(`${kind}: ${message}`);
  return {
    lines,
    info: say("info"),
    notice: say("notice"),
    warning: say("warning"),
    error: say("error"),
    mask: say("mask"),
    group: (_title, work) => work(),
    untrusted: (work) => work(untrustedSink()),
  };
}

/** Takes what is not ours, and knows of no groups. */
export function untrustedSink(): UntrustedOutput {
  return Object.assign(sink().stream, { beginGroup: async () => {}, endGroup: async () => {} });
}

/** Takes everything and remembers it. */
export function sink() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
