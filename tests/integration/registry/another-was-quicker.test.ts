import { beforeAll, expect, test } from "vitest";
import { startAction } from "../../harness/runner.ts";
import { act, layer, messages, printed, ran, salt, withBase } from "../support/act.ts";
import { labelsOf, makeByHand } from "../support/by-hand.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { publishBase, published, registryApi, sharing } from "../support/sharing.ts";

const registry = useRegistry();
/** By key: how often the action has asked for its manifest, and what the second answer waits for. */
const asked = new Map<string, { times: number; published: Promise<void> }>();

beforeAll(async () => {
  await publishBase(registry());
  registry().fault = async ({ path, userAgent }) => {
    const found = asked.get(path.split("/").at(-1) ?? "");
    // the first is a miss; after the build it asks whether somebody was quicker, and here somebody was
    if (found && userAgent === "agent-runner" && ++found.times > 1) await found.published;
    return undefined;
  };
});

/** A cold step whose build takes a while, during which another job publishes an image of the same key. */
async function meanwhile(seconds: number, labels?: Record<string, string>) {
  const inputs = sharing(registry(), {
    "cache-version": salt(),
    "cached-preflight": `echo our own >/env; echo building; sleep ${seconds}`,
    push: "always",
  });
  const planned = layer(await act({ ...inputs, mode: "plan" }), "env");
  const wanted = { ...labelsOf(planned), ...labels };
  const other = await makeByHand(registry(), planned, "the other one", { labels: wanted });
  const { promise: published, resolve } = Promise.withResolvers<void>();
  asked.set(planned.key, { times: 0, published });
  const running = await startAction({ inputs: withBase(inputs) });
  await running.waitFor(/building/);
  await other.publish();
  resolve();
  const api = registryApi(registry());
  const before = await api.digestOf(other.repository, planned.key);
  const result = await ran(await running.finish());
  expect(printed(result)).toEqual(["task: our own"]);
  expect(result.outputs).toMatchObject({
    "image-source": "built",
    image: layer(result, "env").digest,
    conclusion: "success",
  });
  await nothingLeft(result);
  return { result, before, after: await api.digestOf(other.repository, planned.key) };
}

test.concurrent.each([
  ["a short build", 3],
  ["a build longer than all that registries may take at a cold start", 32],
])(
  "published during %s: nothing is sent, the task keeps its image, both digests are told",
  async (_name, seconds) => {
    const { result, before, after } = await meanwhile(seconds);
    expect(after).toBe(before);
    expect(layer(result, "env").pushed).toBe(false);
    expect(published(result, "env")).toBe(before);
    expect(layer(result, "env").digest).toMatch(/^sha256:/);
    expect(layer(result, "env").digest).not.toBe(before);
    expect(result.stdout).toMatch(
      /^environment image: not pushed to the registry: it is there already/m,
    );
    expect(messages(result, "warning")).toEqual([]);
  },
);

test.concurrent("something else under the key is replaced: others would not use it", async () => {
  const { result, before, after } = await meanwhile(3, {
    "io.agent-runner.component.preflight": "0".repeat(64),
  });
  expect(after).not.toBe(before);
  expect(layer(result, "env").pushed).toBe(true);
  expect(published(result, "env")).toBe(after);
});
