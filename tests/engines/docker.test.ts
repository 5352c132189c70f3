import { describe, expect, test } from "vitest";
import { attempt } from "../../scripts/shell.ts";
import { ensureUserBaseImage } from "../harness/base-image.ts";
import { act, messages } from "../integration/support/act.ts";
import { type OwnEngine, ownEngine } from "../integration/support/own-engine.ts";
import { asImageUser } from "../integration/support/task-users.ts";
import { oldDocker, oldEngine } from "./support/old-docker.ts";
import { walkThrough } from "./support/walk.ts";

// Each row of docs/engines.md that is Docker's. Some 20 s each.

async function withEngine(
  options: Parameters<typeof ownEngine>[0],
  body: (engine: OwnEngine) => Promise<void>,
): Promise<void> {
  const engine = await ownEngine(options);
  try {
    await body(engine);
  } finally {
    await engine.end();
  }
}

describe("Docker", () => {
  test("with the classic image store", () => withEngine({}, ({ env }) => walkThrough(env)));

  test("with containerd's image store", () =>
    withEngine({ kind: { containerdSnapshotter: true } }, ({ env }) => walkThrough(env)));

  test("that has none of this machine's files", () =>
    withEngine({ withoutOurFiles: true }, ({ env }) => walkThrough(env)));
});

describe("Docker 20.10", () => {
  test("by a newer docker command and by its own", async () => {
    await withEngine({ programs: await oldEngine() }, async ({ env, docker }) => {
      const { stdout } = await docker("version", "--format", "{{.Server.Version}}");
      expect(stdout).toMatch(/^20\.10\./);
      await walkThrough(env);
      await walkThrough({ ...env, ...(await oldDocker()) });
    });
  });

  test("that has none of this machine's files, and an image with a user that only it knows", async () => {
    await withEngine({ programs: await oldEngine(), withoutOurFiles: true }, async ({ env }) => {
      await walkThrough(env);
      await ensureUserBaseImage({ host: env.DOCKER_HOST });
      const command = "test -w . && test -O . && id -un";
      const inputs = { ...asImageUser, "cached-preflight": "id -un", command };
      const result = await act(inputs, { env });
      expect(result.outputs, result.stdout).toMatchObject({ conclusion: "success" });
      expect(result.transcript.match(/^agent$/gm)).toHaveLength(2);
    });
  });
});

test("the docker command 20.10 and a newer engine", async () => {
  const old = await oldDocker();
  const { stdout } = await attempt("docker", ["--version"], { env: old });
  expect(stdout).toMatch(/^Docker version 20\.10\./);
  await walkThrough({ DOCKER_HOST: "unix:///var/run/docker.sock", ...old });
});

test("an engine that does not speak our version of its API is told so", async () => {
  const result = await act({ command: "true" }, { env: { DOCKER_API_VERSION: "1.20" } });
  expect(messages(result, "error").join()).toMatch(/^the Docker engine cannot be used: .*too old/);
});
