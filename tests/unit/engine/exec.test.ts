import { expect, it } from "vitest";
import type { Docker, LongOptions } from "../../../src/engine/cli.ts";
import { dockerContainers } from "../../../src/engine/containers.ts";

it("a command's variables are named in its argv, and their values are only in its environment", async () => {
  const started: { args: readonly string[]; env: LongOptions["env"] }[] = [];
  const ended = Promise.resolve({ code: 0, signal: null });
  const cli: Docker = {
    cancelled: undefined,
    ask: async () => ({ code: 0, stdout: "", stderr: "" }),
    start(args, options) {
      started.push({ args, env: options?.env });
      return { done: ended, end: () => ended };
    },
  };
  const variables = new Map([["HTTPS_PROXY", "http://user:pass-word@proxy.example"]]);
  await dockerContainers(cli).exec("box", ["true"], { variables, limitMs: 1_000 });
  expect(started).toEqual([
    { args: ["exec", "--env=HTTPS_PROXY", "box", "true"], env: Object.fromEntries(variables) },
  ]);
});
