import { chmod } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { act } from "../integration/support/act.ts";
import { workspaceWith } from "../integration/support/workspace.ts";
import { entryAsRunner } from "./support/as-runner.ts";
import { mappedRows } from "./support/mapped.ts";
import { type RootlessEngine, rootlessEngine } from "./support/rootless.ts";
import { walkThrough } from "./support/walk.ts";

describe("rootless Docker of the runner's user", () => {
  let engine: RootlessEngine;
  beforeAll(async () => {
    engine = await rootlessEngine();
    const { stdout } = await engine.docker("info", "--format", "{{.SecurityOptions}}");
    expect(stdout).toContain("name=rootless");
  });
  afterAll(() => engine?.end());

  mappedRows(() => engine);

  test("where the action is that user too, and not root", async () => {
    await walkThrough(engine.env, { dist: await entryAsRunner() });
  });

  test("where that user may not enter the workspace", async () => {
    const workspace = await workspaceWith({});
    await chmod(workspace, 0o700);
    const options = { env: engine.env, workspace, dist: await entryAsRunner() };
    const { annotations } = await act({ command: "true" }, options);
    expect(annotations).toEqual([
      expect.objectContaining({
        level: "error",
        message: expect.stringMatching(/^the workspace \S+ cannot be read: .* give the folder to/),
      }),
    ]);
  });
});
