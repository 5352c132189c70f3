import { expect, test } from "vitest";
import { act, messages } from "./support/act.ts";

const secret = "hunter2-of-the-proxy";

test("the doctor looks at everything, starts nothing, and tells no secret", async () => {
  const env = { HTTPS_PROXY: `http://user:${secret}@127.0.0.1:9`, NO_PROXY: "127.0.0.1" };
  const result = await act({ mode: "doctor" }, { env });
  expect(result.outputs).toMatchObject({ conclusion: "success" });
  for (const about of [
    ...["runner", "cache", "proxy", "certificates", "disk", "engine", "store", "users", "buildx"],
    ...["mounts", "base image", "registry", "mirrors"],
  ]) {
    expect(result.stdout).toMatch(new RegExp(`^(?:ok|note|PROBLEM) +${about}  `, "m"));
  }
  expect(result.stdout).toMatch(/^ok +mounts +the engine has this machine's /m);
  expect(result.stdout).toMatch(/^ok +base image +.* is in the engine$/m);
  const told = result.stdout.replace(/^::add-mask::.*$/gm, "");
  expect(told + result.summary).not.toContain(secret);
  expect(messages(result, "error")).toEqual([]);
});

test("without an engine it says all the rest, and fails with the reason", async () => {
  const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
  const result = await act({ mode: "doctor" }, { env });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/^no task can run here: no Docker engine answers/),
  ]);
  expect(result.stdout).toMatch(/^ok +disk /m);
  expect(result.summary).toMatch(/problem/);
});
