import { beforeAll, expect, test } from "vitest";
import { act, layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { useEngine } from "../support/engines.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { about, publishBase, published, registryApi, sharing } from "../support/sharing.ts";

// Two machines, the same key, the same moment: neither finds an image, both build, both want to publish.
const registry = useRegistry();
const [one, two, third] = [useEngine(), useEngine({ containerd: true }), useEngine()];
const version = salt();
const inputs = () => sharing(registry(), { "cache-version": version, push: "always" });
let results: Ran[];

beforeAll(async () => {
  await publishBase(registry());
  results = await Promise.all([one, two].map((engine) => act(inputs(), { env: engine().env })));
});

test("both steps succeed with what they built", async () => {
  for (const [index, result] of results.entries()) {
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({ "image-source": "built", conclusion: "success" });
    expect(printed(result)).toEqual([expect.stringMatching(/^task: [0-9a-f-]{36}$/)]);
    expect(messages(result, "warning")).toEqual([]);
    await nothingLeft(result, { env: ([one, two][index] ?? one)().env });
  }
  expect(new Set(results.map((result) => layer(result, "env").key)).size).toBe(1);
  expect(new Set(results.flatMap(printed)).size).toBe(2);
});

test("one image results, whole, and both know a digest of it or of the other's", async () => {
  const { key } = layer(results[0] as Ran, "env");
  const there = await registryApi(registry()).digestOf("demo/agent-runner-env", key);
  const told = results.map((result) => published(result, "env"));
  expect(told).toContain(there);
  for (const digest of told) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  const puts = about(registry(), "env").filter(
    ({ method, path }) => method === "PUT" && path.endsWith(`/manifests/${key}`),
  );
  const pushed = results.filter((result) => layer(result, "env").pushed);
  expect(pushed.length).toBeGreaterThanOrEqual(1);
  expect(puts.length).toBeGreaterThanOrEqual(1);
});

test("a third machine starts from it", async () => {
  const result = await act(inputs(), { env: third().env });
  expect(result.outputs).toMatchObject({ "image-source": "registry", "cache-hit": "true" });
  expect(results.flatMap(printed)).toContain(printed(result)[0]);
});
