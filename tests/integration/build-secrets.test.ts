import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { USER_BASE_IMAGE } from "../harness/base-image.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { jobFolder } from "../harness/runner-env.ts";
import { act, layer, masked, messages, printed, salt } from "./support/act.ts";

const secret = `build-s3cret-${randomBytes(12).toString("hex")}`;
const secretEnv = { NPM_TOKEN: secret, pip: `${secret}-pip` };
const inputs = () => ({
  "base-image": USER_BASE_IMAGE,
  "cached-preflight": [
    "sha256sum </run/secrets/npm >/var/tmp/seen",
    "sha256sum </run/secrets/pip >>/var/tmp/seen",
    "echo the value is $(cat /run/secrets/npm)",
  ].join("\n"),
  "build-secrets": "npm=NPM_TOKEN\npip",
  "cache-version": salt(),
  command: [
    "sed 's/^/task: /' /var/tmp/seen",
    "echo task: $(ls /run/secrets 2>/dev/null | wc -l) secrets left",
    'echo "task: ${NPM_TOKEN-no variable}"',
  ].join("\n"),
});

test("build secrets reach the build and the fall-back alike, and stay nowhere", async () => {
  const docker = await dockerLog();
  const env = { ...secretEnv, ...docker.env };
  const fallback = await act(inputs(), { env });
  const built = await act({ ...inputs(), "cache-container-build": "true" }, { env });
  expect(layer(built, "env").source).toBe("built");
  expect(printed(built)[0]).toMatch(/^task: [0-9a-f]{64} {2}-$/);
  expect(printed(built)[0]).not.toBe(printed(built)[1]);
  expect(printed(built).slice(2)).toEqual(["task: 0 secrets left", "task: no variable"]);
  expect(printed(fallback)).toEqual(printed(built));

  expect((await docker.commands()).flat().join("\n")).not.toContain(secret);
  for (const result of [built, fallback]) {
    expect(result.masks).toContain(secret);
    expect(result.log).toContain("the value is ***");
    expect(result.log).not.toContain(secret);
    expect(masked(result.summary, result)).not.toContain(secret);
  }
  const reference = layer(built, "env").reference;
  expect(await run("docker", ["history", "--no-trunc", reference])).not.toContain(secret);
  const folder = await mkdtemp(join(await jobFolder(), "image-"));
  await run("docker", ["save", "--output", join(folder, "image.tar"), reference]);
  await run("tar", ["-xf", join(folder, "image.tar"), "-C", folder]);
  await expect(run("grep", ["-rlaF", "--", secret, folder])).rejects.toThrow("exit code 1");
});

test("another secret value is no reason to build anew; a further secret is", async () => {
  const mine = { ...inputs(), "cache-container-build": "true", mode: "plan" };
  const one = await act(mine, { env: secretEnv });
  const other = await act(mine, { env: { ...secretEnv, NPM_TOKEN: "another" } });
  const fewer = await act({ ...mine, "build-secrets": "npm=NPM_TOKEN" }, { env: secretEnv });
  expect(other.outputs["env-key"]).toBe(one.outputs["env-key"]);
  expect(fewer.outputs["env-key"]).not.toBe(one.outputs["env-key"]);
});

test("a secret without a value is bad input", async () => {
  const result = await act({ ...inputs(), "build-secrets": "missing=NO_SUCH_VARIABLE" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("NO_SUCH_VARIABLE")]);
});
