import { afterAll, beforeAll, describe, expect } from "vitest";
import { type OwnEngine, ownEngine } from "../integration/support/own-engine.ts";
import { mappedRows } from "./support/mapped.ts";

describe("Docker with userns-remap", () => {
  let engine: OwnEngine;
  beforeAll(async () => {
    engine = await ownEngine({ mapsUsers: true });
    const { stdout } = await engine.docker("info", "--format", "{{.SecurityOptions}}");
    expect(stdout).toContain("name=userns");
  });
  afterAll(() => engine?.end());

  mappedRows(() => engine);
});
