import { expect, test } from "vitest";
import { act } from "../integration/support/act.ts";
import { ownEngine } from "../integration/support/own-engine.ts";
import { importArm64, runsArm64, withQemu } from "./support/arm64.ts";
import { walkThrough } from "./support/walk.ts";

const image = "agent-runner-test-base-arm64";

test.each([
  ["the classic image store", false],
  ["containerd's image store", true],
])("arm64 under QEMU, with %s", async (_, containerdSnapshotter) => {
  const engine = await ownEngine({ kind: { containerdSnapshotter } });
  const inputs = { "base-image": image, platform: "linux/arm64" };
  const { env } = engine;
  try {
    await importArm64(image, env);
    if (!(await runsArm64())) {
      for (const cached of [{}, { "cached-preflight": "true", "cache-container-build": "true" }]) {
        const result = await act({ ...inputs, ...cached, command: "true" }, { env });
        const said = result.annotations.map(({ level, message }) => `${level}: ${message}`);
        expect(said).not.toEqual([]);
        for (const line of said) expect(line).toMatch(/exec format error; .*setup-qemu-action/i);
        expect(said.at(-1)).toMatch(/^error: the container .*did not start: /);
      }
    }
    await withQemu(() => walkThrough(env, { inputs }));
  } finally {
    await engine.end();
  }
});
