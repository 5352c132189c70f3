import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { USER_BASE_IMAGE } from "../harness/base-image.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { workspaceWith } from "./support/workspace.ts";

const files = {
  "package-lock.json": '{"lock": 1}\n',
  "tools/setup.sh*": "#!/bin/sh\necho set up\n",
  "tools/deep/ä b.txt": Buffer.from([0, 1, 255]),
  "README.md": "not cached\n",
};
const folder = "/tmp/agents-cached-files";
const inputs = {
  "base-image": USER_BASE_IMAGE,
  "cached-files": "package-lock.json\ntools/**",
  "cached-preflight": [
    `cd ${folder}`,
    "exec >/var/tmp/seen 2>&1",
    "find . -type f -print0 | sort -z | xargs -0 sha256sum",
    "tools/setup.sh",
    "test -x package-lock.json || echo not executable",
    "(echo changed >>package-lock.json) 2>/dev/null || echo read-only",
    "(: >new) 2>/dev/null || echo no new files",
  ].join("\n"),
  "cache-version": salt(),
  command: `sed 's/^/task: /' /var/tmp/seen\necho task: $(test -e ${folder} && echo still there || echo gone)`,
};

test("the preflight finds the same files in a build and at task start", async () => {
  const workspace = await workspaceWith(files);
  const fallback = await act(inputs, { workspace });
  const built = await act({ ...inputs, "cache-container-build": "true" }, { workspace });
  expect(layer(built, "env").source).toBe("built");
  expect(printed(built)).toEqual([
    expect.stringMatching(/^task: [0-9a-f]{64} {2}\.\/package-lock\.json$/),
    expect.stringMatching(/^task: \S?[0-9a-f]{64} {2}\.\/tools\/deep\//),
    expect.stringMatching(/^task: [0-9a-f]{64} {2}\.\/tools\/setup\.sh$/),
    "task: set up",
    "task: not executable",
    "task: read-only",
    "task: no new files",
    "task: gone",
  ]);
  expect(printed(fallback)).toEqual(printed(built));
});

test("a change in a cached file, or in its mode, makes a new key; one elsewhere does not", async () => {
  const workspace = await workspaceWith(files);
  const key = async () => {
    const plan = { ...inputs, "cache-container-build": "true", mode: "plan" };
    return (await act(plan, { workspace })).outputs["env-key"];
  };
  const first = await key();
  await writeFile(join(workspace, "README.md"), "changed\n");
  expect(await key()).toBe(first);
  await chmod(join(workspace, "package-lock.json"), 0o755);
  const executable = await key();
  await chmod(join(workspace, "package-lock.json"), 0o664);
  expect(await key()).toBe(first);
  await writeFile(join(workspace, "tools/new"), "");
  const added = await key();
  await rm(join(workspace, "tools/new"));
  await writeFile(join(workspace, "package-lock.json"), '{"lock": 2}\n');
  const changed = await key();
  expect(new Set([first, executable, added, changed]).size).toBe(4);
});

test("a glob that matches nothing is bad input", async () => {
  const workspace = await workspaceWith(files);
  const result = await act({ ...inputs, "cached-files": "yarn.lock\ntools/*" }, { workspace });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining('"yarn.lock" matches no')]);
});
