import { expect, it } from "vitest";
import type { Docker, LongOptions } from "../../../src/engine/cli.ts";
import { pullAs } from "../../../src/engine/pull-as.ts";

it("is ended by a cancel as the other is", () => {
  const cancelled = AbortSignal.abort();
  const cli = { cancelled } as unknown as Docker;
  expect(pullAs(cli, "r.example/team/base", "/other").cancelled).toBe(cancelled);
});

it.each([
  [["pull", "--quiet", "r.example/team/base@sha256:1"], true],
  [["pull", "r.example/team/base:1"], true],
  [["pull", "r.example/team/base"], true],
  [["pull", "r.example/team/base-more:1"], false],
  [["pull", "r.example/cache/agent-runner-env:1"], false],
  [["push", "r.example/team/base:1"], false],
  [["buildx", "build", "--load", "."], true],
  [["buildx", "build", "--push", "."], false],
])("%j has the other login: %s", (args, has) => {
  let given: LongOptions | undefined;
  const cli = {
    start: (_args: readonly string[], options?: LongOptions) => {
      given = options;
    },
  } as unknown as Docker;
  pullAs(cli, "r.example/team/base", "/other").start(args, { env: { A: "b" } });
  expect(given?.env).toEqual({ A: "b", ...(has && { DOCKER_CONFIG: "/other" }) });
});

it("is the same CLI in all else: a cancel ends its commands, too", () => {
  const cancelled = new AbortController().signal;
  const cli = { cancelled, ask: async () => ({ code: 0, stdout: "", stderr: "" }) };
  expect(pullAs(cli as unknown as Docker, "r.example/team/base", "/other")).toMatchObject(cli);
});
