import { mkdtemp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runAction } from "../harness/runner.ts";
import { jobFolder } from "../harness/runner-env.ts";

const bases = {
  "with a base from elsewhere": { "base-image": "127.0.0.1:9/team/base:1" },
  "with a base of its own": { "base-image": "debian:12", pull: "never" },
  "with a base it may have": { "base-image": "127.0.0.1:9/team/base:1", pull: "missing" },
};

test.each(Object.entries(bases))(
  "no engine answers, %s: one error that says so",
  async (_, base) => {
    const result = await runAction({
      inputs: { command: "echo never", ...base },
      env: { DOCKER_HOST: "unix:///nonexistent/docker.sock" },
    });
    expect(result.exitCode).toBe(1);
    expect(result.annotations).toEqual([
      { level: "error", message: expect.stringMatching(/no Docker engine answers/) },
    ]);
    expect(result.stdout).not.toMatch(/this is a bug|\n\s+at |never/);
    expect(result.post?.exitCode).toBe(0);
  },
);

test.each(Object.entries(bases))(
  "no docker command, %s: one error that says so",
  async (_, base) => {
    const folder = await mkdtemp(join(await jobFolder(), "bin-"));
    await symlink(process.execPath, join(folder, "node"));
    const result = await runAction({
      inputs: { command: "echo never", ...base },
      env: { PATH: folder },
    });
    expect(result.exitCode).toBe(1);
    expect(result.annotations).toEqual([
      { level: "error", message: expect.stringMatching(/docker command was not found/) },
    ]);
    expect(result.stdout).not.toMatch(/this is a bug|\n\s+at |never/);
  },
);
