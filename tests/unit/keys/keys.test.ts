import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CachedFile,
  type Component,
  preflightComponent,
  textComponent,
} from "../../../src/keys/components.ts";
import { hash16, sha256 } from "../../../src/keys/hash.ts";
import { desktopKey, envKeyOnBase, envKeyOnDesktop } from "../../../src/keys/keys.ts";
import { variant } from "../../../src/keys/reference.ts";

const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const hexDigest = fc.stringMatching(/^[0-9a-f]{64}$/);
const anyVariant = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
  .map((tag) => variant({ registry: undefined, repository: "a", tag, digest: undefined }));
const text = fc.string({ unit: "grapheme" });
const inputs = fc.record({
  variant: anyVariant,
  base: hexDigest,
  install: text,
  setup: text,
  preflight: text,
  desktopFile: text,
  envFile: text,
});
type Inputs = typeof inputs extends fc.Arbitrary<infer T> ? T : never;

function keysOf(of: Inputs) {
  const base: Component = { name: "base", sha256: of.base };
  const desktop = desktopKey(of.variant, [
    base,
    textComponent("install", of.install),
    textComponent("setup", of.setup),
    textComponent("dockerfile", of.desktopFile),
  ]);
  const env = [preflightComponent(of.preflight, []), textComponent("dockerfile", of.envFile)];
  return {
    desktop,
    onBase: envKeyOnBase(of.variant, [base, ...env]),
    onDesktop: envKeyOnDesktop(desktop, env),
  };
}

const parts = {
  desktop: ["variant", "base", "install", "setup", "desktopFile"],
  onBase: ["variant", "base", "preflight", "envFile"],
  onDesktop: ["variant", "base", "install", "setup", "desktopFile", "preflight", "envFile"],
} as const;

describe("keys", () => {
  it("are always valid tags of at most 126 characters", () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const keys = keysOf(given);
        for (const key of Object.values(keys)) {
          expect(key).toMatch(tagForm);
          expect(key.length).toBeLessThanOrEqual(126);
        }
        expect(keys.desktop.length).toBeLessThanOrEqual(84);
      }),
    );
  });

  it("change with each of their components, and with no other", () => {
    fc.assert(
      fc.property(inputs, inputs, (one, other) => {
        for (const changed of Object.keys(one) as (keyof Inputs)[]) {
          fc.pre(one[changed] !== other[changed]);
          const [before, after] = [keysOf(one), keysOf({ ...one, [changed]: other[changed] })];
          for (const kind of ["desktop", "onBase", "onDesktop"] as const) {
            const counts = (parts[kind] as readonly string[]).includes(changed);
            expect(before[kind] !== after[kind], `${kind}, ${changed}`).toBe(counts);
          }
        }
      }),
    );
  });

  it("refuse to be made of too little", () => {
    expect(() => desktopKey("v", [textComponent("install", "")])).toThrow(/base/);
  });
});

describe("hash16", () => {
  it("is the first 16 characters of SHA-256, of text as UTF-8", () => {
    expect(hash16("")).toBe("e3b0c44298fc1c14");
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hash16("é")).toBe(hash16(Uint8Array.from([0xc3, 0xa9])));
  });
});

describe("the preflight component", () => {
  const file = fc.record({
    path: fc.stringMatching(/^[a-zA-Z0-9.é😀_-]{1,8}(?:\/[a-z]{1,4})?$/u),
    mode: fc.constantFrom<CachedFile["mode"]>("644", "755"),
    sha256: hexDigest,
  });
  const files = fc.uniqueArray(file, { selector: ({ path }) => path, minLength: 1, maxLength: 6 });
  const hashOf = (script: string, found: readonly CachedFile[]) =>
    preflightComponent(script, found).sha256;

  it("does not depend on the order in which files are found", () => {
    fc.assert(
      fc.property(
        files.chain((found) =>
          fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length })),
        ),
        ([found, shuffled]) => {
          expect(hashOf("x\n", shuffled)).toBe(hashOf("x\n", found));
        },
      ),
    );
  });

  it("changes with path, mode and content of every file, and with one more", () => {
    fc.assert(
      fc.property(files, file, (found, other) => {
        const [first, ...rest] = found as [CachedFile, ...CachedFile[]];
        const before = hashOf("x\n", found);
        fc.pre(!found.some(({ path }) => path === other.path) && first.sha256 !== other.sha256);
        const mode = first.mode === "644" ? "755" : "644";
        const changes: CachedFile[][] = [
          [{ ...first, path: other.path }, ...rest],
          [{ ...first, mode }, ...rest],
          [{ ...first, sha256: other.sha256 }, ...rest],
          [...found, other],
          rest,
        ];
        for (const changed of changes) {
          expect(hashOf("x\n", changed)).not.toBe(before);
        }
        expect(hashOf("y\n", found)).not.toBe(before);
      }),
    );
  });
});
