import { expect, test } from "vitest";
import { USER_BASE_IMAGE } from "../harness/base-image.ts";
import { act, printed, type Ran, salt } from "./support/act.ts";

// The two toggles decide where things are installed, never what the task finds.
const shared = {
  "base-image": USER_BASE_IMAGE,
  "headless-desktop": "optional",
  "desktop-install-script": "umask 022; echo desktop $PWD $(id -un) >/var/tmp/desktop",
  "desktop-setup-script": "echo setup of $(cat /var/tmp/desktop) >/var/tmp/setup",
  "cached-preflight": "export LEAKED=yes\necho env $PWD $(cat) >/var/tmp/env\numask 077\ncd /tmp",
  "cache-version": salt(),
  command: [
    'echo "task: $PWD $(id -u):$(id -g) $(umask) ${LEAKED-not leaked}"',
    "for file in desktop setup env; do echo \"task: $(stat -c '%n %a %U' /var/tmp/$file) $(cat /var/tmp/$file)\"; done",
    "echo task: $(ls -A / /run /tmp)",
  ].join("\n"),
};

test("the same task in all four combinations, cold and warm", async () => {
  const runs: Record<string, Ran> = {};
  for (const desktop of ["false", "true"]) {
    for (const env of ["false", "true"]) {
      const toggles = { "cache-desktop-build": desktop, "cache-container-build": env };
      runs[`${desktop}/${env}`] = await act({ ...shared, ...toggles });
    }
  }
  const sources = Object.entries(runs).map(([toggles, { layers }]) => [
    toggles,
    ...layers.map(({ name, source }) => `${name} ${source}`),
  ]);
  expect(sources).toEqual([
    ["false/false"],
    ["false/true", "env built"],
    ["true/false", "desktop built"],
    ["true/true", "desktop local", "env built"],
  ]);
  const first = printed(runs["false/false"] as Ran);
  expect(first[0]).toBe("task: /workspace 4321:4321 0022 not leaked");
  expect(first).toContain("task: /var/tmp/env 644 agent env /");
  for (const [toggles, result] of Object.entries(runs)) {
    expect(printed(result), toggles).toEqual(first);
    expect(result.outputs["exit-code"], toggles).toBe("0");
  }
  const warm = await act({
    ...shared,
    "cache-desktop-build": "true",
    "cache-container-build": "true",
  });
  expect(warm.outputs).toMatchObject({ "cache-hit": "true", "image-source": "local" });
  expect(printed(warm)).toEqual(first);
});

test("keys tell the env layer on the base from the one on the desktop", async () => {
  const plan = (toggles: Record<string, string>) => act({ ...shared, mode: "plan", ...toggles });
  const onBase = await plan({ "cache-container-build": "true" });
  const onDesktop = await plan({ "cache-container-build": "true", "cache-desktop-build": "true" });
  expect(onBase.outputs["env-key"]).toMatch(/^bookworm(?:-[0-9a-f]{16}){3}$/);
  expect(onDesktop.outputs["env-key"]).toMatch(/^desktop-bookworm(?:-[0-9a-f]{16}){6}$/);
  expect(onDesktop.outputs["env-key"]).toContain(onDesktop.outputs["desktop-key"]);
});
