import { beforeAll, describe, expect, test } from "vitest";
import { type DockerLog, dockerLog } from "../../harness/docker-log.ts";
import { payloadOf } from "../../unit/github/payloads.ts";
import { act, layer, messages, printed, type Ran, salt } from "../support/act.ts";
import { useEngine } from "../support/engines.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import {
  about,
  publishBase,
  published,
  registryApi,
  sharing,
  span,
  writes,
} from "../support/sharing.ts";

const registry = useRegistry();
const other = useEngine();
const version = salt();
const inputs = (more: Record<string, string> = {}) =>
  sharing(registry(), { "cache-version": version, ...more });
let docker: DockerLog;
let built: Ran;

const elsewhere = () => ({ env: { ...docker.env, ...other().env } });
const inRegistry = ({ key }: { key: string }) =>
  registryApi(registry()).digestOf("demo/agent-runner-env", key);

beforeAll(async () => {
  await publishBase(registry());
  docker = await dockerLog();
  built = await act(inputs({ mode: "prebuild" }), { env: docker.env });
});

describe("mode: prebuild", () => {
  test("builds and publishes, and starts no task", async () => {
    expect(built.exitCode).toBe(0);
    expect(layer(built, "env")).toMatchObject({ source: "built", pushed: true });
    expect(await docker.beginningWith("buildx", "build")).toHaveLength(1);
    // the image, and the tag by which its base is remembered
    expect(await docker.beginningWith("push")).toHaveLength(2);
    // what was built is started once, and does nothing
    const [create = [], ...more] = await docker.beginningWith("create");
    expect(create.at(-1)).toBe(":");
    expect(more).toEqual([]);
    expect(built.outputs).not.toHaveProperty("exit-code");
    expect(built.transcript).toBe("");
    expect(span(built, "publish env to the registry").end).toBeGreaterThan(0);
    await nothingLeft(built);
  });

  test("its outputs are what a following job needs: keys, digest, and an image it can pull", async () => {
    const { key } = layer(built, "env");
    const digest = await inRegistry({ key });
    expect(published(built, "env")).toBe(digest);
    expect(built.outputs).toMatchObject({
      "env-key": key,
      "cache-hit": "false",
      "image-source": "built",
      conclusion: "success",
      image: `${registry().address}/demo/agent-runner-env@${digest}`,
    });
    const pulled = await other().docker("pull", "--quiet", built.outputs.image ?? "");
    expect(pulled.code, pulled.stderr).toBe(0);
    await other().docker("image", "rm", built.outputs.image ?? "");
  });

  test("a second time it does nothing, and pulls nothing, on a machine that has nothing", async () => {
    await docker.forget();
    registry().requests.length = 0;
    const again = await act(inputs({ mode: "prebuild" }), elsewhere());
    expect(again.exitCode).toBe(0);
    expect(again.outputs).toMatchObject({ "cache-hit": "true", "image-source": "registry" });
    expect(layer(again, "env")).toMatchObject({ source: "registry", pushed: false });
    for (const word of ["pull", "push", "buildx", "create", "tag"]) {
      expect(await docker.beginningWith(word), word).toEqual([]);
    }
    expect(writes(registry())).toEqual([]);
    expect((await other().docker("image", "ls", "--quiet")).stdout).toBe("");
  });

  test("what the engine has and the registry does not is published", async () => {
    const { key } = layer(built, "env");
    const to = { mode: "prebuild", registry: `${registry().address}/second` };
    const sent = await act(inputs(to));
    expect(layer(sent, "env")).toMatchObject({ source: "local", pushed: true });
    const there = await registryApi(registry()).digestOf("second/agent-runner-env", key);
    expect(published(sent, "env")).toBe(there);
  });
});

describe("rebuild: true", () => {
  let rebuilt: Ran;
  let before: string | undefined;
  beforeAll(async () => {
    before = await inRegistry(layer(built, "env"));
    await docker.forget();
    rebuilt = await act(inputs({ mode: "prebuild", rebuild: "true" }), elsewhere());
  });

  test("builds without cache and publishes anew under the same key", async () => {
    expect(rebuilt.exitCode).toBe(0);
    expect(layer(rebuilt, "env").key).toBe(layer(built, "env").key);
    expect(layer(rebuilt, "env")).toMatchObject({ source: "built", pushed: true });
    const [build] = await docker.beginningWith("buildx", "build");
    expect(build).toContain("--no-cache");
    expect(await inRegistry(layer(built, "env"))).toBe(published(rebuilt, "env"));
    expect(published(rebuilt, "env")).not.toBe(before);
  });

  test("a step with the older image takes the newer one, and keeps it", async () => {
    const first = await act(inputs());
    expect(first.outputs).toMatchObject({ "image-source": "registry", "cache-hit": "true" });
    expect(layer(first, "env").digest).toBe(published(rebuilt, "env"));
    const second = await act(inputs());
    expect(second.outputs["image-source"]).toBe("local");
    const third = await act(inputs(), elsewhere());
    // All three have started from the one image, wherever it was found.
    expect(new Set([first, second, third].flatMap(printed)).size).toBe(1);
    expect(messages(first, "warning")).toEqual([]);
  });

  test("where the registry does not answer, the older one will do", async () => {
    registry().fault = ({ path }) => (path.includes("/demo/") ? { status: 503 } : undefined);
    try {
      const result = await act(inputs());
      expect(result.outputs["image-source"]).toBe("local");
      expect(messages(result, "warning")).toEqual([]);
      expect(about(registry(), "env").at(-1)?.status).toBe(503);
    } finally {
      registry().fault = undefined;
    }
  });
});

describe("prebuild fails, since here the image is the job,", () => {
  test("when it cannot be built, with the build's own last lines", async () => {
    registry().requests.length = 0;
    const script = "echo first line; echo the last words of the build; exit 3";
    const failing = inputs({ mode: "prebuild", "cached-preflight": script });
    const result = await act({ ...failing, "cache-version": salt() });
    expect(result.exitCode).not.toBe(0);
    const [error] = messages(result, "error");
    expect(error).toContain("the environment image could not be built");
    expect(error).toContain("the last words of the build");
    expect(writes(registry())).toEqual([]);
    await nothingLeft(result);
  });

  test("when it cannot be published", async () => {
    registry().fault = ({ method, path }) =>
      method === "PUT" && path.includes("/manifests/") ? { status: 500 } : undefined;
    try {
      const result = await act({ ...inputs({ mode: "prebuild" }), "cache-version": salt() });
      expect(result.exitCode).not.toBe(0);
      expect(result.outputs.conclusion).toBe("failure");
      expect(messages(result, "error")).toEqual([expect.stringContaining("not be published")]);
      await nothingLeft(result);
    } finally {
      registry().fault = undefined;
    }
  });

  test("when its event lets nobody have it", async () => {
    registry().requests.length = 0;
    const event = { name: "issue_comment", payload: payloadOf("issue_comment") };
    const mine = { ...inputs({ mode: "prebuild", "required-permission": "none" }) };
    const result = await act({ ...mine, "cache-version": salt() }, { event });
    expect(result.exitCode).not.toBe(0);
    expect(result.outputs.conclusion).toBe("failure");
    expect(messages(result, "error")).toEqual([
      expect.stringMatching(/not pushed to the registry, because `issue_comment` .*`push: never`/),
    ]);
    expect(writes(registry())).toEqual([]);
  });

  test("when the base image is not to be had", async () => {
    const gone = { mode: "prebuild", "base-image": `${registry().address}/base/gone:1` };
    const result = await act(inputs(gone));
    expect(result.exitCode).not.toBe(0);
    expect(messages(result, "error")).toEqual([expect.stringContaining("base/gone")]);
  });
});
