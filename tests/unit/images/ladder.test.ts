import { describe, expect, it } from "vitest";
import { CacheError } from "../../../src/images/ladder.ts";
import { trouble } from "../../../src/images/store.ts";
import { base, desktopContent, envContent } from "../fakes.ts";
import { hit, ladder } from "./ladder-support.ts";

const lying = trouble("its labels do not match the plan in preflight");

describe("restoring, top-down", () => {
  it("an env hit in the engine: nothing else is asked or built", async () => {
    const { calls, start, sources, warnings } = await ladder({
      local: { env: hit("local", "env") },
    });
    expect(calls).toEqual(["restore env in local"]);
    expect(start()).toMatchObject({ reference: "local:env:id", source: "local" });
    expect([...start().provides]).toEqual(["desktop", "env"]);
    expect(sources()).toEqual(["env: local"]);
    expect(warnings).toEqual([]);
  });

  it("an env hit in the registry: the desktop is not looked up anywhere", async () => {
    const { calls, start } = await ladder({
      local: { desktop: hit("local", "desktop") },
      registry: { env: hit("registry", "env") },
    });
    expect(calls).toEqual(["restore env in local", "restore env in registry"]);
    expect(start()).toMatchObject({ source: "registry", reference: "registry:env:id" });
  });

  it("a desktop hit: only env is built, on it", async () => {
    const { calls, parents, start, sources } = await ladder({
      registry: { desktop: hit("registry", "desktop") },
    });
    expect(calls).toEqual([
      "restore env in local",
      "restore env in registry",
      "restore desktop in local",
      "restore desktop in registry",
      "build env",
      "probe env in local",
    ]);
    expect(parents).toEqual([{ reference: "registry:desktop", anywhere: true }]);
    expect(start().source).toBe("built");
    expect(sources()).toEqual(["desktop: registry", "env: built"]);
  });

  it("a hit that lies is a miss with a warning: the next store is asked", async () => {
    const next = await ladder({ local: { env: lying }, registry: { env: hit("registry", "env") } });
    expect(next.start().source).toBe("registry");
    expect(next.warnings).toEqual([expect.stringContaining("preflight")]);
    const built = await ladder({ registry: { env: lying, desktop: hit("registry", "desktop") } });
    expect(built.sources()).toEqual(["desktop: registry", "env: built"]);
    expect(built.warnings).toHaveLength(1);
  });
});

describe("starting what was built, once", () => {
  it("is asked of every image that was built, and of none that was found", async () => {
    expect((await ladder()).started).toEqual(["desktop", "env"]);
    const half = await ladder({ registry: { desktop: hit("registry", "desktop") } });
    expect(half.started).toEqual(["env"]);
    expect((await ladder({ local: { env: hit("local", "env") } })).started).toEqual([]);
  });

  it.each([
    ["env", ["desktop: built", "env: failed"]],
    ["desktop", ["desktop: failed", "env-on-base: built"]],
  ])("a failed start of %s is a failed build: one rung down, with the reason", async (id, rows) => {
    const { sources, warnings, start } = await ladder({ unstartable: [id] });
    expect(sources()).toEqual(rows);
    expect(warnings).toEqual([
      expect.stringMatching(/could not be built: .*cannot be started: max depth exceeded; what it/),
    ]);
    expect(start().outcomes.filter(({ isHere }) => isHere)).toHaveLength(1); // and the other is not published
  });

  it("ends the run whose purpose the image is", async () => {
    const { image } = await ladder({ unstartable: ["env"], failOnBuild: true });
    expect(image).toBeInstanceOf(CacheError);
  });
});

describe("building, bottom-up", () => {
  it("builds what is missing, each on the one before it", async () => {
    const { calls, parents, start, sources } = await ladder();
    expect(calls.filter((call) => call.startsWith("build"))).toEqual([
      "build desktop",
      "build env",
    ]);
    expect(parents.map(({ reference }) => reference)).toEqual([base.reference, "local:desktop"]);
    expect(start()).toMatchObject({ reference: "local:env:id", source: "built" });
    expect(sources()).toEqual(["desktop: built", "env: built"]);
  });

  it("takes each toggle alone", async () => {
    const uncached = { cached: false };
    const env = await ladder({ contents: [{ ...desktopContent, ...uncached }, envContent] });
    expect(env.sources()).toEqual(["env-on-base: built"]);
    expect([...env.start().provides]).toEqual(["env"]);
    const desktop = await ladder({ contents: [desktopContent, { ...envContent, ...uncached }] });
    expect(desktop.sources()).toEqual(["desktop: built"]);
    const none = await ladder({ contents: [] });
    expect(none.calls).toEqual([]);
    expect(none.start()).toMatchObject({
      reference: base.reference,
      source: "base",
      digest: base.digest,
      outcomes: [],
    });
  });

  it("does not believe a builder whose image is not what was asked for", async () => {
    const { start, warnings } = await ladder({
      contents: [envContent],
      local: { "env-on-base": lying },
    });
    expect(start().source).toBe("base");
    expect(warnings.at(-1)).toMatch(/environment image could not be built/);
  });

  it("a rebuild builds every layer, whoever has it", async () => {
    const { calls } = await ladder({ rebuild: true, local: { env: hit("local", "env") } });
    expect(calls).toEqual([
      "build desktop",
      "probe desktop in local",
      "build env",
      "probe env in local",
    ]);
  });
});

describe("a failure moves one rung", () => {
  it("desktop fails: env on the base, the desktop at task start", async () => {
    const { calls, start, sources, warnings } = await ladder({ failing: ["desktop"] });
    expect(calls.slice(4)).toEqual([
      "build desktop",
      "restore env-on-base in local",
      "restore env-on-base in registry",
      "build env-on-base",
      "probe env-on-base in local",
    ]);
    expect([...start().provides]).toEqual(["env"]);
    expect(sources()).toEqual(["desktop: failed", "env-on-base: built"]);
    expect(warnings).toEqual([
      expect.stringMatching(/desktop image could not be built: desktop is broken/),
    ]);
  });

  it("desktop fails: an env on the base that is there already is taken", async () => {
    const { calls, start } = await ladder({
      failing: ["desktop"],
      registry: { "env-on-base": hit("registry", "env-on-base") },
    });
    expect(start()).toMatchObject({ source: "registry", reference: "registry:env-on-base:id" });
    expect(calls).not.toContain("build env-on-base");
  });

  it("env fails: the desktop, the preflight at task start", async () => {
    const { calls, start, sources } = await ladder({ failing: ["env"] });
    expect([...start().provides]).toEqual(["desktop"]);
    expect(start()).toMatchObject({ reference: "local:desktop:id", source: "built" });
    expect(sources()).toEqual(["desktop: built", "env: failed"]);
    expect(calls.filter((call) => call === "build desktop")).toHaveLength(1);
    expect(calls.filter((call) => call === "build env")).toHaveLength(1);
  });

  // the second attempt finds the pulled image in the engine
  it("env fails on a desktop from the registry: the report says so still", async () => {
    const { sources, start } = await ladder({
      failing: ["env"],
      registry: { desktop: hit("registry", "desktop") },
    });
    expect([...start().provides]).toEqual(["desktop"]);
    expect(sources()).toEqual(["desktop: registry", "env: failed"]);
    expect(start().source).toBe("registry");
  });

  it("both fail: the base, everything at task start", async () => {
    const { start, sources, warnings } = await ladder({
      failing: ["desktop", "env", "env-on-base"],
    });
    expect(start()).toMatchObject({ reference: base.reference, source: "base" });
    expect(start().provides.size).toBe(0);
    expect(sources()).toEqual(["desktop: failed", "env-on-base: failed"]);
    expect(warnings).toHaveLength(2);
  });

  it("another error is no rung: it is a bug and stays one", async () => {
    const broken = { ...envContent, scripts: [] };
    const { image } = await ladder({ contents: [broken] });
    expect(image).toBeInstanceOf(Error);
    expect(image).not.toBeInstanceOf(CacheError);
  });
});

describe("on-cache-error: fail", () => {
  it("ends with the build that failed, and tries nothing else", async () => {
    const { calls, image } = await ladder({ failOnBuild: true, failing: ["desktop"] });
    expect(image).toBeInstanceOf(CacheError);
    expect((image as Error).message).toMatch(/desktop is broken$/);
    expect(calls.at(-1)).toBe("build desktop");
  });

  it("ends with the store that has trouble, but not with one that has nothing", async () => {
    const lied = await ladder({ failOnTrouble: true, registry: { env: lying } });
    expect(lied.image).toBeInstanceOf(CacheError);
    expect(lied.calls).toEqual(["restore env in local", "restore env in registry"]);
    expect((await ladder({ failOnTrouble: true })).start().source).toBe("built");
  });
});

describe("without fetching", () => {
  it("stores are only probed", async () => {
    const { calls, start } = await ladder({
      fetch: false,
      registry: { env: hit("registry", "env") },
    });
    expect(calls).toEqual(["probe env in local", "probe env in registry"]);
    expect(start().source).toBe("registry");
  });

  it("but a parent that only the Actions cache has is brought, for no builder fetches it from there", async () => {
    const { calls, parents, sources } = await ladder({
      fetch: false,
      cache: { desktop: hit("actions-cache", "desktop") },
    });
    expect(calls.slice(2)).toEqual([
      "probe env in actions-cache",
      "probe desktop in local",
      "probe desktop in registry",
      "restore desktop in actions-cache",
      "build env",
      "probe env in local",
    ]);
    expect(parents).toHaveLength(1);
    expect(sources()).toEqual(["desktop: actions-cache", "env: built"]);
  });

  it("a parent that cannot be brought is built", async () => {
    const { calls, sources, warnings } = await ladder({ fetch: false, cache: { desktop: lying } });
    expect(calls.filter((call) => call.startsWith("build"))).toEqual([
      "build desktop",
      "build env",
    ]);
    expect(sources()).toEqual(["desktop: built", "env: built"]);
    expect(warnings).toHaveLength(1);
  });

  it("what is found on top is brought from nowhere", async () => {
    const { calls } = await ladder({
      fetch: false,
      cache: { env: hit("actions-cache", "env") },
    });
    expect(calls.at(-1)).toBe("probe env in actions-cache");
  });
});
