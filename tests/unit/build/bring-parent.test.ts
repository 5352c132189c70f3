import { describe, expect, it } from "vitest";
import { bringingParents } from "../../../src/build/bring-parent.ts";
import { BuildFailed, type Parent } from "../../../src/build/build.ts";
import { envContent, layersOf, only, sink } from "../fakes.ts";

const layer = only(layersOf(envContent));
const parent = { reference: "debian@sha256:1", anywhere: true };
const here = { reference: "agent-runner-base:1", anywhere: false };
const unresolved =
  'ERROR: failed to solve: debian@sha256:1: failed to resolve source metadata for docker.io/library/debian@sha256:1: failed to do request: Head "https://mirror.example/v2/": x509';

/** What is built on, in order, and what is brought; the first build ends with these words. */
async function build(said: string, on: Parent, brought: Parent | undefined) {
  const built: Parent[] = [];
  const asked: string[] = [];
  const inner = {
    build: async (_layer: unknown, from: Parent) => {
      built.push(from);
      if (built.length === 1) throw new BuildFailed("it failed", said);
    },
  };
  const builder = bringingParents(inner, async (reference) => {
    asked.push(reference);
    return brought;
  });
  const error = await builder.build(layer, on, sink().stream).catch(({ message }) => message);
  return { built, asked, error };
}

describe("a parent that the builder cannot fetch", () => {
  it.each([
    unresolved,
    'failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: Head "https://r/v2/": dial tcp',
    "ERROR: failed to copy: httpReadSeeker: failed open: failed to do request",
  ])("is brought into the engine, and built on there: %s", async (said) => {
    expect(await build(said, parent, here)).toEqual({
      built: [parent, here],
      asked: [parent.reference],
      error: undefined,
    });
  });

  it("leaves the build's own trouble where the engine does not get it either", async () => {
    expect(await build(unresolved, parent, undefined)).toEqual({
      ...{ built: [parent], asked: [parent.reference], error: "it failed" },
    });
  });

  it.each([
    ["a script failed", "process did not complete successfully: exit code: 1", parent],
    ["only the engine has it", unresolved, here],
  ])("is not looked for where %s", async (_what, said, on) => {
    expect(await build(said, on, here)).toEqual({ built: [on], asked: [], error: "it failed" });
  });
});
