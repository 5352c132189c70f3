import { afterAll, expect, test } from "vitest";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { act, layer, salt } from "../support/act.ts";
import { buildImage, imageId, removeImages } from "../support/images.ts";
import { expectDesktop, installing, lookAround, watch } from "./task.ts";
import { rfbGreeting } from "./viewer.ts";

// The same desktop without an image that has it, and for an image whose user is not root.

const SUDO_BASE = "agent-runner-test-base-sudo:bookworm";

afterAll(async () => {
  const id = await imageId(SUDO_BASE);
  await removeImages(id ? [`agent-runner-base:${id.slice(7, 23)}`, SUDO_BASE] : []);
});

test("not cached: installed at task start, and the same checks pass", {
  timeout: installing,
}, async () => {
  const result = await watch({ "headless-desktop": "true" }, async (address) => {
    expect(await rfbGreeting(address)).toMatchObject({
      greeting: expect.stringMatching(/^RFB 003\.00[378]\n$/),
    });
    expect((await fetch(`http://${address}/vnc.html`)).status).toBe(200);
  });
  expect(result.outputs).toMatchObject({ "cache-hit": "false", "image-source": "base" });
  await expectDesktop(result, "at-start");
});

test("installed through sudo by the image's own user", { timeout: installing }, async () => {
  await buildImage(SUDO_BASE, [
    `FROM ${BASE_IMAGE}`,
    "RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends sudo >/dev/null \\",
    " && useradd --uid 4321 --user-group --create-home --shell /bin/bash agent \\",
    " && echo 'agent ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/agent",
    "USER agent",
  ]);
  const result = await act({
    "base-image": SUDO_BASE,
    "headless-desktop": "true",
    "cache-desktop-build": "true",
    "cache-version": salt(),
    command: lookAround.replace(/^echo ready.*$/m, ""),
  });
  expect(result.exitCode, result.stdout).toBe(0);
  expect(layer(result, "desktop").source).toBe("built");
  await expectDesktop(result, "sudo", 4321);
});
