import { expect, test } from "vitest";
import { act, layer, messages, printed, type Ran, salt } from "./support/act.ts";
import { buildImage, pushAs, removeImages, SMALL_BASE_IMAGE } from "./support/images.ts";
import { ours, useRegistry } from "./support/registries.ts";
import { publishBase, registryApi, types } from "./support/sharing.ts";

// An image under the right name whose labels do not say what the plan says is a miss, never a start. Each label's lie
// is in unit/images/verify.

const registry = useRegistry();
const settings = () => ({
  "base-image": SMALL_BASE_IMAGE,
  "cached-preflight": "echo env >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  registry: `${registry().address}/team`,
  command: "echo task: $(cat /env) $(test -e /poison && echo poisoned)",
});

/** The labels that the plan's layer would have, with some of them changed. */
function labels(plan: Ran, changed: Record<string, string> = {}): string[] {
  const { name, key, components } = layer(plan, "env");
  const truth = {
    "io.agent-runner.layer": name,
    "io.agent-runner.key": key,
    ...Object.fromEntries(
      components.map((one) => [`io.agent-runner.component.${one.name}`, one.sha256]),
    ),
  };
  const all = Object.entries({ ...truth, ...changed }).filter(([, value]) => value !== "");
  return all.flatMap(([name, value]) => ["--label", `${name}=${value}`]);
}

const poisoned = [`FROM ${SMALL_BASE_IMAGE}`, "RUN echo poison >/env && touch /poison"];
/** Publishes an image under the name that the plan gives the env layer. */
async function publish(plan: Ran, dockerfile: readonly string[], flags: readonly string[]) {
  const { key, reference } = layer(plan, "env");
  const name = `agent-runner-test-lie:${key}`;
  await buildImage(name, dockerfile, flags);
  await pushAs(name, `${registry().direct}/team/${reference}`);
  await removeImages([name]);
}

test("a poisoned tag in the registry is not started: built instead, and the task passes", async () => {
  const inputs = settings();
  const plan = await act({ ...inputs, mode: "plan" });
  const lie = { "io.agent-runner.component.preflight": "0".repeat(64) };
  await publish(plan, poisoned, labels(plan, lie));
  const named = /preflight.*the cached preflight changed/;
  const told = await act({ ...inputs, mode: "plan" });
  expect(layer(told, "env")).toMatchObject({ source: "none", why: expect.stringMatching(named) });
  expect(messages(told, "warning")).toEqual([expect.stringMatching(named)]);
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env").source).toBe("built");
  expect(messages(result, "warning")).toEqual([expect.stringMatching(/preflight/)]);
  expect(result.exitCode).toBe(0);
});

test("in the engine, too: a tag that somebody moved is no hit and is replaced", async () => {
  const inputs = { ...settings(), registry: "" };
  const plan = await act({ ...inputs, mode: "plan" });
  const lie = { "io.agent-runner.component.preflight": "0".repeat(64) };
  await buildImage(layer(plan, "env").reference, poisoned, labels(plan, lie));
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env").source).toBe("built");
  expect(messages(result, "warning")).toEqual([expect.stringMatching(/preflight/)]);
  const again = await act(inputs);
  expect(layer(again, "env").source).toBe("local");
  expect(printed(again)).toEqual(["task: env"]);
});

test("right labels on another base's layers are no hit", async () => {
  const inputs = settings();
  const plan = await act({ ...inputs, mode: "plan" });
  // Squashed: the content is the base's, the layers are not.
  const squashed = ["FROM scratch", `COPY --from=${SMALL_BASE_IMAGE} / /`, "RUN touch /poison"];
  await publish(plan, squashed, labels(plan));
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: env"]);
  expect(messages(result, "warning")).toEqual([expect.stringContaining("base image's own layers")]);
});

test("nor where the base is an index, which says nothing of layers; a local hit asks for none", async () => {
  const { manifest, putManifest } = registryApi(registry());
  await publishBase(registry());
  const mine = await putManifest("base/small", "own", await manifest("base/small", "bookworm"));
  const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
  const index = { schemaVersion: 2, mediaType: types.index, manifests: [{ ...mine, platform }] };
  await putManifest("base/small", "index", index, types.index);
  const baseImage = `${registry().address}/base/small:index`;
  const inputs = { ...settings(), "base-image": baseImage, pull: "always" };
  const configs = () =>
    ours(registry()).filter(({ path }) => path.includes("/base/small/blobs/")).length;
  const before = configs();
  const plan = await act({ ...inputs, mode: "plan" });
  expect(configs() - before).toBe(0);
  const squashed = ["FROM scratch", `COPY --from=${SMALL_BASE_IMAGE} / /`, "RUN touch /poison"];
  await publish(plan, squashed, labels(plan));
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: env"]);
  expect(messages(result, "warning")).toEqual([expect.stringContaining("base image's own layers")]);
  expect(configs() - before).toBe(1);
  const again = await act(inputs);
  expect(layer(again, "env").source).toBe("local");
  expect(printed(again)).toEqual(["task: env"]);
});

test("an honest image made elsewhere is a hit", async () => {
  // So that the tests above fail when nothing at all is ever accepted.
  const inputs = settings();
  const plan = await act({ ...inputs, mode: "plan" });
  const honest = [`FROM ${SMALL_BASE_IMAGE}`, "RUN echo made elsewhere >/env"];
  await publish(plan, honest, labels(plan));
  const result = await act(inputs);
  expect(printed(result)).toEqual(["task: made elsewhere"]);
  expect(result.outputs["image-source"]).toBe("registry");
});
