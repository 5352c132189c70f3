import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { act, layer, messages, salt } from "./support/act.ts";
import { buildImage, imageId, removeImages, SMALL_BASE_IMAGE } from "./support/images.ts";

// An engine stacks only so many layers; a build may make one more than it can start.
const most = "agent-runner-test-most-layers:1";

beforeAll(async () => {
  const layers = await run("docker", [
    ...["image", "inspect", "--format", "{{len .RootFS.Layers}}", SMALL_BASE_IMAGE],
  ]);
  // each new folder is a layer
  const folders = Array.from({ length: 127 - Number(layers) }, (_, n) => `WORKDIR /layers/${n}`);
  await buildImage(most, [`FROM ${SMALL_BASE_IMAGE}`, ...folders, "WORKDIR /"]);
});
afterAll(() => removeImages([most]));

test("an image that the engine cannot start is a failed build, every time anew", async () => {
  const inputs = {
    "base-image": most,
    pull: "never",
    "cached-preflight": "echo 'env $HOME' >/env",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "cat /env",
  };
  for (const _run of [1, 2]) {
    const result = await act(inputs);
    expect(layer(result, "env").source).toBe("failed");
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(/could not be built: .*cannot be started: .*max depth exceeded/),
    ]);
    // what the cache could not keep is installed at task start, and the task goes on
    expect(result.outputs).toMatchObject({ "image-source": "base", conclusion: "success" });
    expect(result.transcript).toContain("env $HOME\n");
    expect(await imageId(`agent-runner-env:${layer(result, "env").key}`)).toBeUndefined();
  }
});
