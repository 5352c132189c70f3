import { afterEach, expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import type { FaultHook } from "../harness/proxy.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { SMALL_BASE_IMAGE } from "./support/images.ts";
import { useRegistry } from "./support/registries.ts";

// A registry that is away, ill or unwilling never fails a task, and never keeps it waiting for long. What each fault
// of one that has the image leads to is in registry/faults.

const registry = useRegistry();
afterEach(() => {
  registry().fault = undefined;
  registry().requests.length = 0;
});

const inputs = () => ({
  "base-image": SMALL_BASE_IMAGE,
  "cached-preflight": "echo env >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  registry: `${registry().address}/team`,
  push: "never",
  command: "echo task: $(cat /env)",
});

const away: Record<string, FaultHook> = {
  "answers-500": () => ({ status: 500 }),
  "asks-to-wait": () => ({ status: 429, headers: { "retry-after": "3600" } }),
  resets: () => "reset",
  "breaks-off": () => ({ truncateAfterBytes: 10 }),
  "is-no-registry": () => ({ status: 200, body: "<html>sign in</html>" }),
  "says-no": () => ({ status: 403, body: "{}" }),
};

test("however it is ill, the plan is there, with one warning", async () => {
  registry().fault = (request) => away[request.path.split("/")[2] ?? ""]?.(request);
  const plans = Object.keys(away).map(async (illness) => {
    const name = `${registry().address}/${illness}`;
    const result = await act({ ...inputs(), registry: name, mode: "plan" });
    expect(result.exitCode, illness).toBe(0);
    expect(layer(result, "env").source, illness).toBe("none");
    expect(messages(result, "warning"), illness).toEqual([
      expect.stringContaining(registry().address),
    ]);
    const asked = registry().requests.filter(({ path }) => path.includes(`/${illness}/`));
    expect(asked.length, illness).toBeGreaterThanOrEqual(1);
    expect(asked.length, illness).toBeLessThan(10);
  });
  await Promise.all(plans);
});

test("an image that the engine has needs no registry: no warning, and few requests", async () => {
  const given = inputs();
  await act(given);
  registry().requests.length = 0;
  registry().fault = () => "reset";
  const warm = await act(given);
  expect(printed(warm)).toEqual(["task: env"]);
  expect(warm.outputs).toMatchObject({ "image-source": "local", "cache-hit": "true" });
  expect(messages(warm, "warning")).toEqual([]);
  expect(registry().requests.length).toBeLessThan(5);
});

test("a push whose upload is denied is a notice", async () => {
  registry().fault = ({ method }) =>
    method === "POST" ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined;
  const denied = await act({ ...inputs(), push: "always" });
  expect(denied.exitCode).toBe(0);
  expect(messages(denied, "warning")).toEqual([]);
  expect(messages(denied, "notice")).toEqual([
    expect.stringMatching(/^the environment image was not pushed/),
  ]);
});

// Where nobody listens, both wait for the tries to be over.
test.concurrent("nobody listens there: built, with a warning", async () => {
  const result = await act({ ...inputs(), registry: "127.0.0.1:9/team", push: "always" });
  expect(printed(result)).toEqual(["task: env"]);
  expect(result.exitCode).toBe(0);
  expect(result.outputs["image-source"]).toBe("built");
  expect(layer(result, "env")).toMatchObject({ source: "built", pushed: false });
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/127\.0\.0\.1:9 cannot be reached: .*ECONNREFUSED/),
    expect.stringMatching(/^the environment image was not pushed to the registry: /),
  ]);
});

test.concurrent("the base's registry is away: the engine's own copy serves, with a warning", async () => {
  const reference = `127.0.0.1:9/team/base:${salt()}`;
  await run("docker", ["tag", SMALL_BASE_IMAGE, reference]);
  try {
    const result = await act({
      ...inputs(),
      registry: "",
      "base-image": reference,
      pull: "always",
    });
    expect(printed(result)).toEqual(["task: env"]);
    expect(layer(result, "env").source).toBe("built");
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(/127\.0\.0\.1:9 cannot be reached.*own copy of .* is used/),
    ]);
  } finally {
    await run("docker", ["image", "rm", reference]);
  }
});
