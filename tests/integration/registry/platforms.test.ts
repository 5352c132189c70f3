import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { act, layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { makeByHand } from "../support/by-hand.ts";
import { removeImages } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { type Descriptor, publishBase, registryApi, sharing, types } from "../support/sharing.ts";

// The engine's own platform and another one, whichever machine this is. No emulation: what is of the other platform
// could not start anyway, and must not be tried.
const own = process.arch === "arm64" ? "arm64" : "amd64";
const foreign = own === "arm64" ? "amd64" : "arm64";
const registry = useRegistry();
const version = salt();
const inputs = (more: Record<string, string> = {}) =>
  sharing(registry(), { "cache-version": version, ...more });
const api = () => registryApi(registry());
let docker: DockerLog;
const configs: Record<string, string> = {};

/** The same image again, for another platform as far as its config says. */
async function translated(repository: string, tag: string, newTag: string): Promise<Descriptor> {
  const manifest = await api().manifest(repository, tag);
  const config = JSON.parse(await api().blob(repository, manifest.config.digest));
  const blob = await api().putBlob(
    repository,
    JSON.stringify({ ...config, architecture: foreign }),
  );
  configs[own] = manifest.config.digest;
  configs[foreign] = blob.digest;
  const json = { ...manifest, config: { ...manifest.config, ...blob } };
  return api().putManifest(repository, newTag, json);
}

beforeAll(async () => {
  docker = await dockerLog();
  await publishBase(registry());
  const other = await translated("base/small", "bookworm", foreign);
  const mine = await api().putManifest(
    "base/small",
    own,
    await api().manifest("base/small", "bookworm"),
  );
  const entry = (descriptor: Descriptor, architecture: string) => ({
    ...descriptor,
    platform: { os: "linux", architecture },
  });
  const unknown = { ...other, platform: { os: "unknown", architecture: "unknown" } };
  const index = (manifests: object[]) => ({
    schemaVersion: 2,
    mediaType: types.index,
    manifests,
  });
  await api().putManifest(
    "base/small",
    "both",
    index([unknown, entry(other, foreign), entry(mine, own)]),
    types.index,
  );
  await api().putManifest("base/small", "other", index([entry(other, foreign)]), types.index);
});

const base = (tag: string) => ({ "base-image": `${registry().address}/base/small:${tag}` });

async function neverStarted(result: Ran, what: RegExp) {
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringMatching(what)]);
  for (const word of ["create", "run", "pull", "buildx"]) {
    expect(await docker.beginningWith(word), word).toEqual([]);
  }
  await nothingLeft(result);
}

describe("an index", () => {
  const plan = (platform: string) =>
    act(inputs({ ...base("both"), mode: "plan", ...(platform ? { platform } : {}) }));

  test("gives each platform its own keys, from its own config", async () => {
    const [amd64, arm64] = [await plan("linux/amd64"), await plan("linux/arm64")];
    expect(amd64.outputs["base-digest"]).toBe(configs.amd64);
    expect(arm64.outputs["base-digest"]).toBe(configs.arm64);
    expect(layer(amd64, "env").key).not.toBe(layer(arm64, "env").key);
    const parts = (result: Ran) => layer(result, "env").key.split("-");
    // Only the base differs: both, <base>, <preflight>, <dockerfile>.
    expect(parts(amd64).toSpliced(1, 1)).toEqual(parts(arm64).toSpliced(1, 1));
  });

  test("without `platform` it is the engine's, with the keys of the image alone", async () => {
    const unset = await plan("");
    expect(unset.outputs["base-digest"]).toBe(configs[own]);
    const alone = await act(inputs({ ...base(own), mode: "plan" }));
    expect(layer(unset, "env").key.slice(4)).toBe(layer(alone, "env").key.slice(own.length));
  });

  test("runs the engine's own", async () => {
    const result = await act(inputs({ ...base("both"), command: "echo task: $(uname -m)" }));
    expect(printed(result)).toEqual([`task: ${own === "amd64" ? "x86_64" : "aarch64"}`]);
  });
});

describe("a base image of the wrong platform is never started", () => {
  test("an index without ours", async () => {
    await docker.forget();
    const result = await act(inputs(base("other")), { env: docker.env });
    await neverStarted(result, new RegExp(`no image for linux/${own}; it has linux/${foreign}`));
  });

  test("a single image, whose config says so", async () => {
    await docker.forget();
    const result = await act(inputs(base(foreign)), { env: docker.env });
    await neverStarted(result, new RegExp(`is for linux/${foreign}, and linux/${own} is asked`));
  });

  /** A local image that says it is for the other platform. */
  async function foreignImage(name: string) {
    const imports = `docker import --platform linux/${foreign} - ${name}`;
    await run("bash", ["-c", `tar -c -T /dev/null | ${imports}`]);
  }

  test("a local image", async () => {
    const name = `agent-runner-test-foreign:${randomBytes(4).toString("hex")}`;
    await foreignImage(name);
    try {
      for (const more of [{}, { platform: `linux/${own}` }]) {
        await docker.forget();
        const local = inputs({ "base-image": name, pull: "never", ...more });
        const result = await act(local, { env: docker.env });
        await neverStarted(result, new RegExp(`is for linux/${foreign}`));
      }
    } finally {
      await removeImages([name]);
    }
  });

  test("a local copy of what the registry talks nonsense about", async () => {
    const image = base("nonsense");
    await foreignImage(image["base-image"]);
    registry().fault = ({ path }) =>
      path.endsWith("/nonsense") ? { status: 200, body: "{}" } : undefined;
    try {
      await docker.forget();
      const result = await act(inputs(image), { env: docker.env });
      await neverStarted(result, new RegExp(`is for linux/${foreign}`));
    } finally {
      registry().fault = undefined;
      await removeImages([image["base-image"]]);
    }
  });
});

describe("a cached image of the wrong platform under the right key", () => {
  let key: string;
  afterAll(() => removeImages([`agent-runner-env:${key}`]));

  test("is a miss with a warning, and is not fetched", async () => {
    const planned = layer(await act(inputs({ mode: "plan" })), "env");
    ({ key } = planned);
    const image = await makeByHand(registry(), planned, "by hand");
    await image.publish();
    await translated(image.repository, key, key);
    await docker.forget();
    const result = await act(inputs({ push: "never" }), { env: docker.env });
    expect(result.outputs).toMatchObject({ "image-source": "built", "exit-code": "0" });
    expect(messages(result, "warning")).toEqual([
      expect.stringMatching(`is not used: it is for linux/${foreign}, not linux/${own}$`),
    ]);
    expect(await docker.beginningWith("pull")).toEqual([]);
  });
});
