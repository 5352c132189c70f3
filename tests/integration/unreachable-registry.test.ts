import { afterEach, expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import type { FaultHook } from "../harness/proxy.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { SMALL_BASE_IMAGE } from "./support/images.ts";
import { ours, useRegistry } from "./support/registries.ts";

// A registry that is away, ill or unwilling never fails a task, and never keeps it waiting for long.

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

test("nobody listens there: built, with a warning", async () => {
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

test("it answers 500: built, with one warning", async () => {
  registry().fault = () => ({ status: 500 });
  const result = await act(inputs());
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env").source).toBe("built");
  expect(messages(result, "warning")).toEqual([expect.stringContaining("answered 500")]);
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

test("what passes by itself is tried again", async () => {
  const ready = await act({ ...inputs(), push: "always" });
  expect(layer(ready, "env").pushed).toBe(true);
  registry().requests.length = 0;
  let failures = 2;
  registry().fault = () => (failures-- > 0 ? { status: 503 } : undefined);
  const version = ready.layers[0]?.components.at(-1)?.text?.match(/cache-version: (\S+)/)?.[1];
  const plan = await act({ ...inputs(), "cache-version": version ?? "", mode: "plan" });
  expect(layer(plan, "env").key).toBe(layer(ready, "env").key);
  expect(messages(plan, "warning")).toEqual([]);
});

test("a push that is denied is a notice, and one that fails a warning", async () => {
  registry().fault = ({ method }) =>
    method === "POST" ? { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } : undefined;
  const denied = await act({ ...inputs(), push: "always" });
  expect(denied.exitCode).toBe(0);
  expect(messages(denied, "warning")).toEqual([]);
  expect(messages(denied, "notice")).toEqual([
    expect.stringMatching(/^the environment image was not pushed/),
  ]);
  // Only at the end: a failing upload is tried again by the engine, for 50 s.
  registry().fault = ({ method, path }) =>
    method === "PUT" && path.includes("/manifests/") ? { status: 500 } : undefined;
  const failed = await act({ ...inputs(), push: "always" });
  expect(failed.exitCode).toBe(0);
  expect(messages(failed, "warning")).toEqual([
    expect.stringMatching(/^the environment image was not pushed/),
  ]);
});

test("the base's registry is away: the engine's own copy serves, with a warning", async () => {
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

test("`on-cache-error: fail` ends the step and says why", async () => {
  registry().fault = () => ({ status: 403 });
  const result = await act({ ...inputs(), "on-cache-error": "fail" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("answered 403")]);
  expect(result.transcript).toBe("");
  expect(ours(registry()).length).toBeGreaterThan(0);
});
