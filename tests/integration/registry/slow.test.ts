import { beforeAll, expect, test } from "vitest";
import type { Fault } from "../../harness/proxy.ts";
import { act, layer, messages, type Ran, salt } from "../support/act.ts";
import { makeByHand } from "../support/by-hand.ts";
import { SMALL_BASE_IMAGE } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { sharing, span } from "../support/sharing.ts";

// Faults that cost time until they are given up. They run side by side: each has a key, and a fault, of its own.
const registry = useRegistry();
interface Failing {
  what: RegExp;
  fault: Fault;
  /** Whose requests fail: those of the action, or those of the engine that pulls for it. */
  whose: "agent-runner" | "docker/";
}
const faults = new Map<string, Failing>();
const inputs = (version: string, more: Record<string, string> = {}) =>
  sharing(registry(), {
    "base-image": SMALL_BASE_IMAGE,
    pull: "never",
    registry: `${registry().address}/${version}`,
    "cached-preflight": "echo env >/env",
    "cache-version": version,
    push: "never",
    command: "exit 7",
    ...more,
  });

beforeAll(() => {
  registry().fault = ({ path, userAgent }) => {
    const found = [...faults].find(([version]) => path.includes(`/${version}/`))?.[1];
    const meant = found?.what.test(path) && userAgent.startsWith(found.whose);
    return meant ? found?.fault : undefined;
  };
});

/** A warm start from a registry that has the image and will not hand it out. */
async function start(failing: Failing): Promise<{ result: Ran; requests: number }> {
  const version = salt();
  const planned = layer(await act(inputs(version, { mode: "plan" })), "env");
  const image = await makeByHand(registry(), planned, "by hand", { user: version });
  await image.publish();
  faults.set(version, failing);
  const planning = registry().requests.length;
  const result = await act(inputs(version));
  expect(result.outputs).toMatchObject({ "exit-code": "7", "image-source": "built" });
  expect(messages(result, "error")).toEqual([expect.stringContaining("exit code 7")]);
  expect(messages(result, "warning")).toHaveLength(1);
  await nothingLeft(result);
  const asked = registry()
    .requests.slice(planning)
    .filter(({ path }) => path.includes(`/${version}/`) && failing.what.test(path))
    .filter(({ userAgent }) => userAgent.startsWith(failing.whose));
  return { result, requests: asked.length };
}

const layers = /\/blobs\/sha256:/;
const tag = { what: /\/manifests\//, whose: "agent-runner" } as const;
const patience = 30_000;

test.concurrent.each<[string, Fault]>([
  ["drips", { throttleBytesPerSecond: 10 }],
  ["never comes", "hang"],
])("a manifest that %s is given up when the time for registries is over", async (_name, fault) => {
  const { result, requests } = await start({ ...tag, fault });
  const { start: from, end } = span(result, "restore env");
  expect(end - from).toBeLessThan(patience + 5_000);
  expect(requests).toBeGreaterThanOrEqual(2);
  expect(requests).toBeLessThanOrEqual(4);
});

// What the engine fetches it tries again by itself, in steps of 5 s; the pull's own limit ends that.
test.concurrent.each<[string, Fault]>([
  ["drip", { throttleBytesPerSecond: 2 }],
  ["are answered with 503", { status: 503 }],
  ["break off", { truncateAfterBytes: 100 }],
  ["reset the connection", "reset"],
  ["are wrong", { corrupt: true }],
])("layers that %s: the pull is ended at its limit, and the task builds", async (_name, fault) => {
  const { result, requests } = await start({ what: layers, fault, whose: "docker/" });
  expect(messages(result, "warning")).toEqual([expect.stringContaining("could not be pulled")]);
  const { start: from, end } = span(result, "restore env");
  // the pull's own 15 s, far from the minutes of the engine's tries
  expect(end - from).toBeLessThan(40_000);
  expect(requests).toBeGreaterThan(0);
});

test.concurrent("a push that hangs is ended at the limit of a build, beside the task", async () => {
  const version = salt();
  faults.set(version, { what: /\/uploads\//, fault: "hang", whose: "docker/" });
  const result = await act(inputs(version, { "build-timeout": "0.25", push: "always" }));
  expect(result.outputs).toMatchObject({ "exit-code": "7", "image-source": "built" });
  expect(messages(result, "warning")).toEqual([expect.stringMatching(/took longer than 15 s/)]);
  expect(layer(result, "env").pushed).toBe(false);
  await nothingLeft(result);
});
