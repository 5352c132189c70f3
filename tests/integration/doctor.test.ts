import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jobFolder } from "../harness/runner-env.ts";
import { act, messages } from "./support/act.ts";

const secret = "hunter2-of-the-proxy";

const everything = [
  ...[
    "version",
    "runner",
    "event",
    "engine",
    "store",
    "buildx",
    "mounts",
    "base image",
    "registry",
  ],
  ...["mirrors", "cache", "proxy", "certificates", "disk", "images", "GitHub"],
];

const linesAbout = (stdout: string) =>
  [...stdout.matchAll(/^(?:ok|note|PROBLEM) +(\S+(?: \S+)*?) {2}/gm)].map(([, about]) => about);

test("the doctor looks at everything, with few commands, and tells no secret", async () => {
  const env = {
    HTTPS_PROXY: `http://user:${secret}@127.0.0.1:9`,
    http_proxy: `user:${secret}@proxy.example:9`,
    NO_PROXY: "127.0.0.1",
    RUNNER_DEBUG: "1",
  };
  const result = await act({ mode: "doctor" }, { env });
  expect(result.outputs).toMatchObject({ conclusion: "success" });
  expect(linesAbout(result.stdout)).toEqual(expect.arrayContaining([...everything, "users"]));
  for (const expected of [
    /^ok +engine +version \d.*linux\//m,
    /^ok +buildx +version \d.*, with the builder default/m,
    /^ok +mounts +the engine has this machine's /m,
    /^ok +users +numbers are the same in a container/m,
    /^ok +base image +.* is in the engine$/m,
    /^note +proxy +.*proxy\.example:9/m,
  ]) {
    expect(result.stdout).toMatch(expected);
  }
  const told = result.stdout.replace(/^::add-mask::.*$/gm, "");
  expect(told + result.summary).not.toContain(secret);
  expect(messages(result, "error")).toEqual([]);
  expect(messages(result, "warning")).toEqual([]);
  const commands = [...result.stdout.matchAll(/^docker (\S+(?: \S+)?)/gm)].map(([, verb]) => verb);
  expect(commands.length).toBeLessThanOrEqual(12);
  expect(commands.join()).not.toMatch(/(?:^|,| )(?:build|pull|push|load|tag|commit|rm)\b/);
  expect(commands.filter((verb) => verb === "run --rm")).toHaveLength(1);
  expect(result.post?.exitCode).toBe(0);
});

test("without an engine it says all the rest, and fails with the reason", async () => {
  const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
  const result = await act({ mode: "doctor" }, { env });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/^no task can run here: no Docker engine answers/),
  ]);
  expect(linesAbout(result.stdout)).toEqual(everything);
  expect(result.stdout).toMatch(/^note +mounts +not looked at: no engine answers$/m);
  expect(result.summary).toMatch(/problem/);
});

test("with an engine that hangs it says all the rest, and waits for no more than its time", async () => {
  const folder = await jobFolder();
  const docker = join(folder, "docker");
  await writeFile(docker, "#!/bin/bash\ntrap '' TERM\nwhile :; do sleep 0.2; done\n");
  await chmod(docker, 0o755);
  const result = await act({ mode: "doctor" }, { env: { PATH: `${folder}:${process.env.PATH}` } });
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/^no task can run here: .*It has not answered within 7 s/),
  ]);
  expect(linesAbout(result.stdout)).toEqual(everything);
  expect(result.stdout).toMatch(/^ok +disk /m);
});
