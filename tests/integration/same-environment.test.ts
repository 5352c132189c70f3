import { expect, test } from "vitest";
import { BASE_IMAGE, USER_BASE_IMAGE } from "../harness/base-image.ts";
import { act, layer, printed, salt } from "./support/act.ts";
import { workspaceWith } from "./support/workspace.ts";

// The same task from a hit and from the fall-back sees the same environment: same variables, same user, same files.

const look = [
  // What is different from run to run whatever happens.
  "unset HOSTNAME AGENTS_RUNNER_TASK_ID GITHUB_RUN_ID",
  "env -0 | sort -z | tr '\\0\\n' '\\n ' | sed 's/^/task: variable /'",
  'echo "task: $(id) in $PWD with umask $(umask) and options $- $BASHOPTS"',
  'echo "task: limits $(ulimit -a | sha256sum)"',
  "echo \"task: open $(cd /proc/$$/fd && stat -c '%N' [0-2] | grep -v pipe: | tr '\\n' ' ')\"",
  'echo "task: functions $(declare -F | wc -l), traps $(trap | wc -l)"',
  "echo \"task: network $(ls /sys/class/net | tr '\\n' ' ')\"",
  // Every file of the container: type, mode, owner, name and where a link leads, the workspace left out.
  "find / -xdev -path /workspace -prune -o -printf 'task: file %y %m %U:%G %p %l\\n' 2>/dev/null | sort",
  "find / -xdev -type f -newer /opt/begun -size -100k -not -path '/run/agent-runner/*' -exec sha256sum {} + 2>/dev/null | sort -k2 | sed 's/^/task: content /'",
].join("\n");

const preflight = [
  "set -u",
  "export LEAKED=yes API_KEY=leaked PATH=/leaked:$PATH",
  "leak() { :; }; export -f leak; alias leaked=true; shopt -s extglob",
  "umask 077; cd /tmp; ulimit -n 512",
  "trap 'echo leaving' EXIT",
  "exec 7>/var/tmp/seven; echo seven >&7",
  "read -r line || echo nothing to read >/var/tmp/no-input",
  "echo user $(id -u) in $PWD home ${HOME-none} >/var/tmp/who",
  "mkdir -p /var/tmp/tool && echo '#!/bin/sh' >/var/tmp/tool/run && chmod 755 /var/tmp/tool/run",
  "env | cut -d= -f1 | grep -E '^(GITHUB|AGENTS|RUNNER|MINE|CI)' >/var/tmp/job-variables || true",
  "sleep 1000 >/dev/null 2>&1 & echo left in the background",
  "kill $!",
].join("\n");

const cases: [string, Record<string, string>][] = [
  ["as root, without a network", { "base-image": BASE_IMAGE, network: "none" }],
  [
    "as the image's own user, with files and secrets",
    { "base-image": USER_BASE_IMAGE, "cached-files": "lock", "build-secrets": "KEY" },
  ],
  ["as a user the image does not know", { "base-image": USER_BASE_IMAGE, user: "1234:1234" }],
  ["as root in an image of another user", { "base-image": USER_BASE_IMAGE, user: "0" }],
];

test.each(cases)("%s", async (_, settings) => {
  const inputs = {
    ...settings,
    "cached-preflight": preflight,
    "run-preflight": "export FROM_RUN=1",
    env: "MINE=mine",
    "cache-version": salt(),
    command: look,
  };
  const options = {
    workspace: await workspaceWith({ lock: "1\n" }),
    env: { KEY: "a-secret-of-the-build" },
  };
  const fallback = await act(inputs, options);
  expect(fallback.outputs["image-source"]).toBe("base");
  const cold = await act({ ...inputs, "cache-container-build": "true" }, options);
  expect(layer(cold, "env").source).toBe("built");
  const hit = await act({ ...inputs, "cache-container-build": "true" }, options);
  expect(layer(hit, "env").source).toBe("local");
  const seen = printed(hit);
  expect(seen.length).toBeGreaterThan(1000);
  expect(seen).toContain("task: variable FROM_RUN=1");
  expect(seen).toContain("task: variable MINE=mine");
  expect(seen.join("\n")).not.toMatch(/leak/i);
  expect(printed(cold)).toEqual(seen);
  expect(printed(fallback)).toEqual(seen);
});
