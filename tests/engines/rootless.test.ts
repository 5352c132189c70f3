import { afterAll, beforeAll, describe, expect } from "vitest";
import { mappedRows } from "./support/mapped.ts";
import { type RootlessEngine, rootlessEngine } from "./support/rootless.ts";

describe("rootless Docker of the runner's user", () => {
  let engine: RootlessEngine;
  beforeAll(async () => {
    engine = await rootlessEngine();
    const { stdout } = await engine.docker("info", "--format", "{{.SecurityOptions}}");
    expect(stdout).toContain("name=rootless");
  });
  afterAll(() => engine?.end());

  mappedRows(() => engine);
});
