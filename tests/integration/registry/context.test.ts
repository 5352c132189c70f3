import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { act, layer, messages, salt } from "../support/act.ts";
import { type OwnEngine, ownEngine } from "../support/own-engine.ts";

// As a user has it who has said `docker context use`: the engine is in no variable.
const name = "elsewhere";
let engine: OwnEngine;
let config: string;
beforeAll(async () => {
  engine = await ownEngine();
  config = await mkdtemp(join(tmpdir(), "agent-runner-context-"));
  const env = { DOCKER_CONFIG: config };
  const endpoint = `host=${engine.env.DOCKER_HOST}`;
  await run("docker", ["context", "create", name, "--docker", endpoint], { env });
  await run("docker", ["context", "use", name], { env });
  return async () => {
    await engine.end();
    await rm(config, { recursive: true, force: true });
  };
});

// with a login of the settings, the CLI has a configuration of our own
const login = {
  registry: "127.0.0.1:1/demo",
  "registry-username": "me",
  "registry-password": "a-secret-of-nobody",
};

test("a layer is built by the engine of the context in use, and found there again", async () => {
  const inputs = {
    "cache-container-build": "true",
    "cached-preflight": "echo made >/made",
    "cache-version": salt(),
    command: "cat /made",
  };
  const env = { DOCKER_CONFIG: config, DOCKER_HOST: "" };
  const cold = await act(inputs, { env });
  expect(messages(cold, "warning")).toEqual([]);
  expect(layer(cold, "env").source).toBe("built");
  const { reference } = layer(cold, "env");
  expect((await engine.docker("image", "inspect", reference)).code).toBe(0);
  const warm = await act({ ...inputs, ...login, push: "never" }, { env });
  expect(layer(warm, "env").source).toBe("local");
  expect(warm.transcript).toContain("made");
});
