import { describe, expect, it } from "vitest";
import {
  classifyRestore,
  classifySave,
} from "../../../../src/images/actions-cache/entries/classify.ts";

// What @actions/cache 6.3.0 prints, line by line.
const reserve = (why: string) => [
  `::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: ${why}\n`,
  "Failed to save: Unable to reserve cache with key k, another job may be creating this cache.\n",
];

describe("a restore", () => {
  it.each<[string, string | undefined, string[], string]>([
    ["a key", "k", ["Cache hit for: k\n"], "hit"],
    ["nothing said", undefined, ["::debug::Cache not found for version v of keys: k\n"], "miss"],
    [
      "a denial",
      undefined,
      [
        "::warning::Failed to restore: Failed to GetCacheEntryDownloadURL: cache read denied: no scopes\n",
      ],
      "denied",
    ],
    [
      "a cache mode",
      undefined,
      ["Cache restore skipped: the effective cache-mode 'none' does not permit reads.\n"],
      "denied",
    ],
    ["a failure", undefined, ["::warning::Failed to restore: /usr/bin/tar failed\n"], "broken"],
    ["an error", undefined, ["::error::Failed to restore: 503\n"], "broken"],
  ])("%s", (_what, key, lines, outcome) => {
    expect(classifyRestore(key, lines)).toMatchObject({ outcome });
  });

  it("tells a service that fails from an entry that does", () => {
    const service = "::warning::Failed to restore: Failed to GetCacheEntryDownloadURL: 503\n";
    expect(classifyRestore(undefined, [service])).toMatchObject({ service: true });
    const entry = "::warning::Failed to restore: /usr/bin/tar failed with exit code 2\n";
    expect(classifyRestore(undefined, [entry])).toMatchObject({ service: false });
  });

  it("never repeats a signature", () => {
    const line = "::warning::Failed to restore: GET http://x/y?a=1&sig=abc%2B&b=2 failed\n";
    expect(JSON.stringify(classifyRestore(undefined, [line]))).not.toContain("abc");
  });

  it("reads lines that came in pieces", () => {
    const pieces = ["::warning::Failed to res", "tore: gone%0Aaway\n"];
    expect(classifyRestore(undefined, pieces)).toMatchObject({
      why: "Failed to restore: gone away",
    });
  });
});

describe("a save", () => {
  it.each<[string, number, string[], string]>([
    ["an id", 7, [], "saved"],
    [
      "there already",
      -1,
      reserve("Received non-retryable error: Failed request: (409) Conflict: already exists"),
      "exists",
    ],
    [
      "a read-only token",
      -1,
      reserve("Failed request: (403) Forbidden: cache write denied: the token is read-only"),
      "denied",
    ],
    [
      "a cache mode",
      -1,
      ["Cache save skipped: the effective cache-mode 'read' does not permit writes.\n"],
      "denied",
    ],
    ["a server error behind kind words", -1, reserve("Failed to make request: 503"), "broken"],
    ["a rate limit", -1, reserve("Rate limited: Failed request: (429)"), "broken"],
    ["an upload that failed", -1, ["::warning::Failed to save: socket hang up\n"], "broken"],
    ["silence", -1, [], "broken"],
  ])("%s", (_what, id, lines, outcome) => {
    expect(classifySave(id, lines)).toMatchObject({ outcome });
  });
});
