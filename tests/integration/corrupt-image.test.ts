import { afterEach, beforeAll, expect, test } from "vitest";
import type { Fault } from "../harness/proxy.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import { imageId, removeLayers, SMALL_BASE_IMAGE } from "./support/images.ts";
import { useRegistry } from "./support/registries.ts";

// The image is there and says the right things, and its bytes do not arrive as they should.

const registry = useRegistry();
const common = {
  "base-image": SMALL_BASE_IMAGE,
  "cached-preflight": "head -c 100000 /dev/urandom >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo task: $(wc -c </env)",
};
const inputs = () => ({ ...common, registry: `${registry().address}/team` });
let key: string;

beforeAll(async () => {
  const published = await act({ ...inputs(), push: "always" });
  expect(layer(published, "env").pushed).toBe(true);
  ({ key } = layer(published, "env"));
});
afterEach(() => {
  registry().fault = undefined;
});

/** The registry fails for everything of a kind, the engine's own requests too. */
async function withFault(kind: "blobs" | "manifests", fault: Fault) {
  await removeLayers([key]);
  registry().fault = ({ method, path }) =>
    method === "GET" && path.includes(`/agent-runner-env/${kind}/`) ? fault : undefined;
  return act(inputs());
}

test.each([
  ["config", "blobs"],
  ["manifest", "manifests"],
] as const)("a corrupt %s is noticed before anything is pulled", async (_, kind) => {
  const result = await withFault(kind, { corrupt: true });
  expect(printed(result)).toEqual(["task: 100000"]);
  expect(layer(result, "env").source).toBe("built");
  expect(messages(result, "warning")).toHaveLength(1);
  expect(result.exitCode).toBe(0);
});

test.each([
  ["is corrupt", { corrupt: true }],
  ["is gone", { status: 404 }],
] as [string, Fault][])("a layer that %s while it is pulled: built instead", async (_, fault) => {
  await removeLayers([key]);
  registry().fault = ({ method, path, userAgent }) =>
    method === "GET" && path.includes("/blobs/") && userAgent.startsWith("docker/")
      ? fault
      : undefined;
  const result = await act(inputs());
  expect(printed(result)).toEqual(["task: 100000"]);
  expect(layer(result, "env").source).toBe("built");
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/agent-runner-env@sha256:\S+ could not be pulled: /),
  ]);
  expect(result.exitCode).toBe(0);
});

test("a pull that hangs is ended at `build-timeout`", async () => {
  await removeLayers([key]);
  registry().fault = ({ userAgent }) => (userAgent.startsWith("docker/") ? "hang" : undefined);
  const result = await act({ ...inputs(), "build-timeout": "0.05" });
  expect(printed(result)).toEqual(["task: 100000"]);
  expect(messages(result, "warning")[0]).toMatch(/could not be pulled: it took longer/);
  expect(result.exitCode).toBe(0);
});

test("unharmed it is a hit", async () => {
  await removeLayers([key]);
  expect(await imageId(`agent-runner-env:${key}`)).toBeUndefined();
  const result = await act(inputs());
  expect(result.outputs["image-source"]).toBe("registry");
  expect(printed(result)).toEqual(["task: 100000"]);
});
