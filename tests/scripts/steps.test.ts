import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { strayBelow } from "../../src/engine/steps.ts";

test("what a command has started in a group of its own is found below it, at any depth", async () => {
  const script = "sh -c 'setsid sh -c \"sleep 60 & echo up; wait\"' & sleep 60";
  const child = spawn("sh", ["-c", script], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const pid = child.pid ?? 0;
  try {
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const stray = strayBelow(pid);
    expect(stray).toHaveLength(2); // the shell and its sleep, and neither what is in the group
    for (const one of stray) process.kill(one, "SIGKILL");
    await expect.poll(() => strayBelow(pid)).toEqual([]);
  } finally {
    process.kill(-pid, "SIGKILL");
  }
});

test("a process that is not there has none", () => {
  expect(strayBelow(0x7fffffff)).toEqual([]);
});
