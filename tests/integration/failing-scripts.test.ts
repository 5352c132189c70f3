import { expect, test } from "vitest";
import { act, layer, messages, salt, spoken } from "./support/act.ts";
import { workspaceWith } from "./support/workspace.ts";

// Scripts that fail wherever they run: the build's failure is a warning, the task's is the user's error.

test("a failing install script fails the step by its name, after it failed in the build", async () => {
  const result = await act({
    "headless-desktop": "true",
    "desktop-install-script": "echo from the install script; exit 12",
    "cache-desktop-build": "true",
    "cache-version": salt(),
    command: "echo never",
  });
  expect(layer(result, "desktop").source).toBe("failed");
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the desktop image could not be built: /),
  ]);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/the desktop install script \(desktop-install-script\).*exit code 12/),
  ]);
  expect(result.outputs).toMatchObject({
    "exit-code": "12",
    conclusion: "failure",
    "image-source": "base",
  });
  expect(result.exitCode).toBe(1);
  expect(spoken(result)).toEqual(["from the install script"]);
});

test("a failing setup script is named, too", async () => {
  const result = await act({
    "headless-desktop": "true",
    "desktop-install-script": "true",
    "desktop-setup-script": "no-such-program",
    command: "echo never",
  });
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/the desktop setup script \(desktop-setup-script\).*exit code 127/),
  ]);
});

test("an optional desktop that cannot be installed is a warning", async () => {
  const result = await act({
    "headless-desktop": "optional",
    "desktop-install-script": "exit 12",
    "cache-desktop-build": "true",
    "cache-version": salt(),
    command: "echo done ${DISPLAY-without a desktop}",
  });
  expect(result.exitCode).toBe(0);
  expect(result.transcript).toMatch(/^done without a desktop$/m);
  expect(result.outputs.conclusion).toBe("success");
  expect(messages(result, "warning")).toContainEqual(
    expect.stringMatching(/the desktop install script .*optional/),
  );
});

test("a failing cached preflight fails the step by its name and file", async () => {
  const workspace = await workspaceWith({ "ci/tools.sh": "echo one\nfalse\necho never\n" });
  const result = await act(
    {
      "cached-preflight-file": "ci/tools.sh",
      "cache-container-build": "true",
      "cache-version": salt(),
      command: "echo never",
    },
    { workspace },
  );
  expect(layer(result, "env").source).toBe("failed");
  expect(result.annotations).toEqual([
    {
      level: "warning",
      message: expect.stringMatching(/^the environment image could not be built/),
    },
    { level: "error", message: expect.stringContaining("ci/tools.sh"), file: "ci/tools.sh" },
  ]);
  expect(result.outputs).toMatchObject({ "exit-code": "1", conclusion: "failure" });
  expect(spoken(result)).toEqual(["one"]);
});

test("a failing cached preflight that nothing caches fails the step likewise", async () => {
  const result = await act({ "cached-preflight": "exit 5", command: "echo never" });
  expect(result.outputs).toMatchObject({ "exit-code": "5", conclusion: "failure" });
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/the cached preflight \(cached-preflight\).*exit code 5/),
  ]);
});

test("`on-cache-error: fail` ends the step at the failing build, and no task is run", async () => {
  const result = await act({
    "cached-preflight": "test -e /workspace",
    "cache-container-build": "true",
    "cache-version": salt(),
    "on-cache-error": "fail",
    command: "echo never",
  });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/^the environment image could not be/),
  ]);
  expect(result.stdout).not.toContain("never");
});
