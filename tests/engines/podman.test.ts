import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PodmanEngine, podmanEngine } from "./support/podman.ts";
import { walkThrough } from "./support/walk.ts";

// The rows of docs/engines.md that are podman's.

describe("podman", () => {
  let engine: PodmanEngine;
  beforeAll(async () => {
    engine = await podmanEngine();
    const { stdout } = await engine.podman("version", "--format", "{{.Client.Version}}");
    expect(stdout).toMatch(/^4\.3\./);
  });
  afterAll(() => engine?.end());

  test("by its own command, where there is no docker", () =>
    walkThrough(engine.env, { ps: engine.podman }));

  test("by its Docker socket", () => walkThrough(engine.socket));
});
