import { expect, test } from "vitest";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { processesWith, someSeconds } from "./support/processes.ts";

// What goes wrong in the build and nowhere else never fails a task: /workspace is there only at task start.

test("a preflight that works only at task start costs a warning", async () => {
  const result = await act({
    "cached-preflight": "test -e /workspace\necho env >/opt/env",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /opt/env)",
  });
  expect(result.exitCode).toBe(0);
  expect(printed(result)).toEqual(["task: env"]);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the environment image could not be built: .*installed at task start/),
  ]);
  expect(layer(result, "env").source).toBe("failed");
  expect(result.outputs).toMatchObject({
    conclusion: "success",
    "cache-hit": "false",
    "image-source": "base",
  });
});

test("a failed env build starts from the desktop image, one rung lower", async () => {
  const result = await act({
    "headless-desktop": "optional",
    "desktop-install-script": "echo installing the desktop; echo desktop >/opt/desktop",
    "cached-preflight": "test -e /workspace\necho env on $(cat /opt/desktop) >/opt/env",
    "cache-desktop-build": "true",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /opt/desktop /opt/env)",
  });
  expect(printed(result)).toEqual(["task: desktop env on desktop"]);
  expect(result.transcript).not.toContain("installing the desktop");
  expect(result.layers.map(({ name, source }) => [name, source])).toEqual([
    ["desktop", "built"],
    ["env", "failed"],
  ]);
  expect(result.outputs).toMatchObject({
    "image-source": "built",
    image: layer(result, "desktop").digest,
  });
});

test("a failed desktop build still caches env, on the base, and installs the desktop at task start", async () => {
  const inputs = {
    "headless-desktop": "optional",
    "desktop-install-script": "test -e /workspace\necho desktop >/opt/desktop",
    "cached-preflight": "echo preparing; echo env >/opt/env",
    "cache-desktop-build": "true",
    "cache-container-build": "true",
    "cache-version": salt(),
    command: "echo task: $(cat /opt/desktop /opt/env)",
  };
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: desktop env"]);
  expect(result.transcript).not.toContain("preparing");
  expect(result.layers.map(({ name, source }) => [name, source])).toEqual([
    ["desktop", "failed"],
    ["env", "built"],
  ]);
  expect(layer(result, "env").key).toMatch(/^bookworm-/);
  const again = await act(inputs);
  expect(printed(again)).toEqual(["task: desktop env"]);
  expect(again.transcript).not.toContain("preparing");
  expect(layer(again, "env").source).toBe("local");
});

test("a build that hangs is ended at its limit, with all it started, and the task installs by itself", async () => {
  const seconds = someSeconds();
  const result = await act({
    "cached-preflight": `if ! test -e /workspace; then echo hanging; sleep ${seconds}; fi\necho env >/opt/env`,
    "cache-container-build": "true",
    "cache-version": salt(),
    "build-timeout": "0.2",
    command: "echo task: $(cat /opt/env)",
  });
  expect(result.stdout).toContain("hanging");
  expect(result.exitCode).toBe(0);
  expect(printed(result)).toEqual(["task: env"]);
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the environment image could not be built: .*`build-timeout`/),
  ]);
  expect(result.orphans).toEqual([]);
  // the engine ends what it was told to run once nobody waits for it
  await expect.poll(() => processesWith(`sleep ${seconds}`)).toEqual([]);
});

test("a builder that is not there costs a warning", async () => {
  const result = await act({
    "cached-preflight": "echo env >/opt/env",
    "cache-container-build": "true",
    "cache-version": salt(),
    builder: "no-such-builder",
    command: "echo task: $(cat /opt/env)",
  });
  expect(printed(result)).toEqual(["task: env"]);
  expect(messages(result, "warning")).toEqual([expect.stringContaining("no-such-builder")]);
});
