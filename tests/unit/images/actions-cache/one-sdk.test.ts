import { createRequire } from "node:module";
import { expect, it } from "vitest";

// entries/program.ts changes how the SDK downloads: it must be the one that @actions/cache has.

it("@actions/cache and this project have one Azure SDK", () => {
  const own = createRequire(import.meta.url);
  const theirs = createRequire(import.meta.resolve("@actions/cache"));
  expect(theirs.resolve("@azure/storage-blob")).toBe(own.resolve("@azure/storage-blob"));
});
