import { test } from "vitest";
import { ownEngine } from "../integration/support/own-engine.ts";
import { withSsh } from "./support/ssh.ts";
import { walkThrough } from "./support/walk.ts";

test("Docker over SSH", async () => {
  const engine = await ownEngine({ withoutOurFiles: true });
  try {
    await withSsh(engine.env, async (machine) => {
      await walkThrough(machine.as("known"));
    });
  } finally {
    await engine.end();
  }
});
