import { beforeAll, expect, test } from "vitest";
import { act, messages, type Ran, salt } from "../support/act.ts";
import { removeLayers } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import {
  about,
  publishBase,
  published,
  registryApi,
  sharing,
  span,
  uploads,
} from "../support/sharing.ts";

// 4 MB of noise that no compression makes smaller, at 200 kB/s: a push of 20 s, beside a task of 30 s.
const registry = useRegistry();
const slow = { throttleBytesPerSecond: 200_000 };
const noise = (megabytes: number) => `head -c ${megabytes}000000 /dev/urandom`;
const version = salt();
const inputs = (more: Record<string, string>) =>
  sharing(registry(), {
    "cache-version": version,
    "headless-desktop": "optional",
    "cache-desktop-build": "true",
    "desktop-install-script": `${noise(1)} >/desktop`,
    "cached-preflight": `${noise(3)} >/env`,
    ...more,
  });
let result: Ran;

beforeAll(async () => {
  await publishBase(registry());
  registry().requests.length = 0;
  registry().fault = ({ method }) => (/^(?:PUT|PATCH)$/.test(method) ? slow : undefined);
  result = await act(inputs({ command: "sleep 30" }));
  registry().fault = undefined;
});

test("a push of 20 s beside a task of 30 s is over before the task is", () => {
  const task = span(result, "task");
  const [desktop, env] = [
    span(result, "publish desktop to the registry"),
    span(result, "publish env to the registry"),
  ];
  expect(task.end - task.start).toBeGreaterThan(30_000);
  expect(env.end - desktop.start).toBeGreaterThan(15_000);
  expect(env.end).toBeLessThan(task.end);
});

test("it begins when the image is built, and does not wait for the container", () => {
  expect(span(result, "publish desktop to the registry").start).toBeLessThan(
    span(result, "create container").end,
  );
});

test("the summary says how long it took and that the task hid it", () => {
  const [, took, hidden] =
    /publishing<\/td><td>([\d.]+) s, ([\d.]+) s of it/.exec(result.summary) ?? [];
  expect(Number(took)).toBeGreaterThan(15);
  // All but what came before the task began: its container was still being made.
  const before = span(result, "task").start - span(result, "publish desktop to the registry").start;
  expect(before).toBeGreaterThan(0);
  expect(Math.abs(Number(took) - before / 1000 - Number(hidden))).toBeLessThan(0.2);
});

test("the desktop layer is sent, too, and no layer is sent twice", async () => {
  expect(result.layers.map(({ pushed }) => pushed)).toEqual([true, true]);
  const api = registryApi(registry());
  const manifests = await Promise.all(
    result.layers.map(({ name, key }) => api.manifest(`demo/agent-runner-${name}`, key)),
  );
  const [desktop = [], env = []] = manifests.map(({ layers }) => layers.map((one) => one.digest));
  expect(env.slice(0, -1)).toEqual(desktop);
  // Its own layer and its config. (Whether the engine remembers where it has sent the base's layers is not ours.)
  const own = [desktop.at(-1), env.at(-1), ...manifests.map(({ config }) => config.digest)];
  const sent = uploads(registry());
  for (const digest of own) expect(sent.filter((one) => one === digest)).toHaveLength(1);
  // The env image takes the desktop's layer over inside the registry.
  const taken = `mount=${encodeURIComponent(desktop.at(-1) ?? "")}`;
  const mounts = about(registry(), "env").filter(({ path }) => path.includes(taken));
  expect(mounts.map(({ method, status }) => [method, status])).toEqual([["POST", 201]]);
  // nothing but the desktop, whose install script here installs none
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the desktop did not start/),
  ]);
  await nothingLeft(result);
});

test("a new env on the same desktop: only its own layer is sent", async () => {
  registry().requests.length = 0;
  const more = { "cached-preflight": "echo other >/env", command: "cmp /env <(echo other)" };
  const next = await act(inputs(more));
  expect(next.exitCode).toBe(0);
  const { layers, config } = await registryApi(registry()).manifest(
    "demo/agent-runner-env",
    next.layers[1]?.key ?? "",
  );
  expect(uploads(registry()).toSorted()).toEqual([layers.at(-1)?.digest, config.digest].toSorted());
  expect(next.layers.map(({ source, pushed }) => [source, pushed])).toEqual([
    ["local", false],
    ["built", true],
  ]);
  expect(published(next, "env")).toMatch(/^sha256:/);
  await removeLayers(next.layers.map(({ key }) => key));
});
