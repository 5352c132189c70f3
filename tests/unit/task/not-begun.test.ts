import { expect, it } from "vitest";
import type { ContainerState } from "../../../src/engine/containers.ts";
import { whyGone, whyNotBegun, whyNotUp } from "../../../src/task/not-begun.ts";

const state = (ExitCode: number, words = ""): ContainerState => ({
  Status: "exited",
  Running: false,
  ExitCode,
  OOMKilled: false,
  Error: words,
});
const notes = (...names: string[]) => new Map(names.map((name) => [name, Buffer.from("rm")]));

it.each([
  [
    "no bash, by the engine",
    127,
    'exec: "bash": executable file not found in $PATH: unknown',
    "",
    /has no `bash`/,
  ],
  ["nothing said at all", 127, "", "", /has no `bash`/],
  [
    "a folder over ours",
    127,
    "",
    "bash: /run/agent-runner/start.sh: No such file or directory",
    /something covers \/run\/agent-runner.*`mounts`/,
  ],
  [
    "a dynamic first process",
    1,
    "",
    "exec /sbin/docker-init: no such file or directory",
    /did not start: .*static `docker-init`/,
  ],
  [
    "another platform",
    255,
    "",
    "exec /usr/bin/bash: exec format error",
    /did not start: .*`platform`/,
  ],
  [
    "an image of too many layers",
    125,
    "max depth exceeded",
    "",
    /did not start: max depth exceeded; .*fewer layers/,
  ],
  ["a full disk", 128, "mkdir x: no space left on device", "", /did not start: .*free space/],
  [
    "a user that is not there",
    126,
    "unable to find user agent: no matching entries in passwd file",
    "",
    /`user`/,
  ],
  ["whatever the engine says", 128, "something new", "", /did not start: something new$/],
  [
    "whatever the shell says",
    126,
    "",
    "bash: something new",
    /exit code 126 before its start script began: bash: something new$/,
  ],
] as const)("%s", (_, code, error, tail, expected) => {
  expect(whyNotBegun(state(code, error), notes(), tail)).toMatch(expected);
});

it("is what the start script says it needs", () => {
  expect(whyNotBegun(state(126), notes("pid", "needs"), "")).toMatch(
    /cannot do its work.*: rm\. A task needs bash/,
  );
  // the task's own word may not make a failure of a success, or of its own another one
  expect(whyNotBegun(state(0), notes("pid", "needs"), "")).toBeUndefined();
  expect(whyNotBegun(state(1), notes("pid", "needs", "started"), "")).toBeUndefined();
});

it.each([
  ["it began", state(127), notes("pid"), ""],
  ["the task took the note away", state(3), notes(), "bash: something"],
  ["and ended well", state(0), notes(), ""],
] as const)("is nothing where %s", (_, ended, left, tail) => {
  expect(whyNotBegun(ended, left, tail)).toBeUndefined();
});

it.each([
  ["no bash", state(127), "", /no `bash`/],
  [
    "a dynamic first process",
    state(255),
    "exec /sbin/docker-init: no such file or directory",
    /static/,
  ],
  ["another platform", state(255), "exec /usr/bin/bash: exec format error", /`platform`/],
  ["a port", state(128, "Bind for x failed: port is already allocated"), "", /listens there/],
  ["whatever it says", state(1), "something new", /^something new$/],
  ["nothing", state(1), "", /^exit code 1$/],
] as const)("where it only waits: %s", (_, ended, tail, expected) => {
  expect(whyNotUp(ended, tail)).toMatch(expected);
});

const ranInIt = [
  "exec /bin/bash: exec format error",
  "Error response from daemon: container 5cfc2c6588e0 is not running",
  "Agent Runner: installing it took 155 ms",
].join("\n");

it.each([
  ["it could not be run", state(255), ranInIt, /^exec \/bin\/bash: exec format error; .*QEMU/],
  ["a script ended it", state(137), "installing\n", undefined],
  ["it still runs", { ...state(0), Status: "running" }, ranInIt, undefined],
] as const)("of one that ended under its script: %s", (_, ended, tail, expected) => {
  const why = whyGone(ended, tail);
  if (expected === undefined) expect(why).toBeUndefined();
  else expect(why).toMatch(expected);
});
