import { beforeAll, expect, test } from "vitest";
import { ensureSudoImage, SUDO_IMAGE } from "../support/sudo-image.ts";
import { expectDesktop, installing, watch } from "./task.ts";
import { rfbGreeting } from "./viewer.ts";

// The same desktop without an image that has it, and for an image whose user is not root.

beforeAll(async () => void (await ensureSudoImage()));

test("not cached: installed at task start, through sudo by the image's own user, and the same checks pass", {
  timeout: installing,
}, async () => {
  const inputs = { "base-image": SUDO_IMAGE, "headless-desktop": "true" };
  const result = await watch(inputs, async (address) => {
    expect(await rfbGreeting(address)).toMatchObject({
      greeting: expect.stringMatching(/^RFB 003\.00[378]\n$/),
    });
    expect((await fetch(`http://${address}/vnc.html`)).status).toBe(200);
  });
  expect(result.outputs).toMatchObject({ "cache-hit": "false", "image-source": "base" });
  await expectDesktop(result, "at-start", 4321);
});
