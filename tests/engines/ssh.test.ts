import { expect, test } from "vitest";
import { act, messages } from "../integration/support/act.ts";
import { ownEngine } from "../integration/support/own-engine.ts";
import { withSsh } from "./support/ssh.ts";
import { walkThrough } from "./support/walk.ts";

test("Docker over SSH", async () => {
  const engine = await ownEngine({ withoutOurFiles: true });
  try {
    await withSsh(engine.env, async (machine) => {
      await walkThrough(machine.as("known"));
      for (const [caller, sentence] of [
        [
          "with another key",
          /SSH: .*: Permission denied \(publickey\); the runner's user needs a key/,
        ],
        ["who does not know the host", /SSH: Host key verification failed; put the host key/],
      ] as const) {
        const result = await act({ command: "true" }, { env: machine.as(caller) });
        expect(messages(result, "error")).toEqual([expect.stringMatching(sentence)]);
      }
      await engine.stop();
      const result = await act({ command: "true" }, { env: machine.as("known") });
      expect(messages(result, "error")).toEqual([
        expect.stringMatching(/^the Docker engine cannot be used: .* by SSH/),
      ]);
    });
  } finally {
    await engine.end();
  }
});
