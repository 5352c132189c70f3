import { expect, test } from "vitest";
import { run } from "../../scripts/shell.ts";
import { BASE_IMAGE } from "../harness/base-image.ts";
import { dockerLog } from "../harness/docker-log.ts";
import { act, layer, messages, printed, salt } from "./support/act.ts";
import {
  buildImage,
  imageId,
  pushAs,
  removeImages,
  removeOwn,
  SMALL_BASE_IMAGE,
} from "./support/images.ts";
import { ours, useRegistry } from "./support/registries.ts";

const registry = useRegistry();
const env = () => ({
  "cached-preflight": "cat /version >/env",
  "cache-container-build": "true",
  "cache-version": salt(),
  command: "echo task: $(cat /version /env)",
});

/** A base of its own with something to recognise it by. */
async function makeBase(version: string): Promise<string> {
  const name = `agent-runner-test-own-base:${salt()}`;
  await buildImage(name, [`FROM ${SMALL_BASE_IMAGE}`, `RUN echo ${version} >/version`]);
  return name;
}

test.each(["never", "missing"])(
  "a base that nobody has is a clear error with `pull: %s`",
  async (pull) => {
    const reference = `${registry().address}/team/no-such-base:1`;
    const result = await act({ ...env(), "base-image": reference, pull });
    expect(result.exitCode).toBe(1);
    expect(messages(result, "error")).toEqual([expect.stringContaining(reference)]);
    expect(messages(result, "error")[0]).not.toMatch(/bug|stack|\n\s+at /);
    expect(result.stdout).not.toContain("Build the");
  },
);

test("a base that nobody has is a clear error with the default `pull`", async () => {
  const reference = `${registry().address}/team/no-such-base@sha256:${"0".repeat(64)}`;
  const result = await act({ "base-image": reference, pull: "", command: "true" });
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([
    expect.stringMatching(/no-such-base.*could not be pulled.*`base-image`/),
  ]);
});

test("a base for another platform is told so", async () => {
  const result = await act({ ...env(), platform: "linux/s390x", command: "true" });
  expect(result.exitCode).toBe(1);
  expect(result.log).toMatch(/linux\/amd64|linux\/arm64/);
  expect(result.log).toContain("linux/s390x");
});

test("a base that only this engine has works, with the default `pull`, too", async () => {
  const name = `${registry().address}/team/local-only:${salt()}`;
  await run("docker", ["tag", SMALL_BASE_IMAGE, name]);
  const result = await act({
    ...env(),
    "base-image": name,
    pull: "",
    "cached-preflight": "echo env >/env",
    command: "echo task: $(cat /env)",
  });
  expect(printed(result)).toEqual(["task: env"]);
  expect(layer(result, "env").source).toBe("built");
  // The registry was asked, and said 404: that is no reason for a warning.
  expect(ours(registry()).map(({ status }) => status)).toContain(404);
  expect(messages(result, "warning")).toEqual([]);
  expect(result.outputs["base-digest"]).toBe(await imageId(SMALL_BASE_IMAGE));
});

test("a base from a registry: resolved without a pull, built on by its digest", async () => {
  const local = await makeBase("one");
  const id = await imageId(local);
  const digest = await pushAs(local, `${registry().direct}/team/base:1`);
  await removeOwn(local);
  const base = `${registry().address}/team/base:1`;
  const plan = await act({ ...env(), "base-image": base, pull: "", mode: "plan" });
  expect(plan.outputs["base-digest"]).toBe(id);
  expect(plan.outputs["env-key"]).toMatch(new RegExp(`^1-${id?.slice(7, 23)}-`));
  expect(await imageId(`${registry().address}/team/base@${digest}`)).toBeUndefined();
  const result = await act({ ...env(), "base-image": base, pull: "" });
  expect(printed(result)).toEqual(["task: one one"]);
  expect(result.stdout).toContain(`/team/base@${digest}`);
});

test("a local tag that was moved is neither built upon nor started", async () => {
  const right = await makeBase("right");
  const wrong = await makeBase("wrong");
  const id = await imageId(right);
  await pushAs(right, `${registry().direct}/team/moved:1`);
  const base = `${registry().address}/team/moved:1`;
  await run("docker", ["tag", wrong, base]);
  try {
    const inputs = { ...env(), "base-image": base, pull: "" };
    const built = await act(inputs);
    expect(printed(built)).toEqual(["task: right right"]);
    expect(built.outputs["base-digest"]).toBe(id);
    const plain = await act({ "base-image": base, pull: "", command: env().command });
    expect(printed(plain)).toEqual(["task: right"]);
    // The tag stays the user's own.
    expect(await imageId(base)).toBe(await imageId(wrong));
    const missing = await act({ ...inputs, pull: "missing" });
    expect(printed(missing)).toEqual(["task: wrong wrong"]);
  } finally {
    await removeImages([base]);
    await Promise.all([removeOwn(right), removeOwn(wrong)]);
  }
});

test("the same content by tag, by digest, and pushed elsewhere has the same base in its key", async () => {
  const local = await makeBase("same");
  const digest = await pushAs(local, `${registry().direct}/team/same:1`);
  await pushAs(local, `${registry().direct}/mirror/same:1`);
  await removeOwn(local);
  const version = salt();
  const references = ["team/same:1", `team/same:1@${digest}`, "mirror/same:1"];
  const keys = references.map(async (name) => {
    const base = `${registry().address}/${name}`;
    const inputs = { ...env(), "cache-version": version, "base-image": base, pull: "" };
    return (await act({ ...inputs, mode: "plan" })).outputs["env-key"];
  });
  const [first, ...others] = await Promise.all(keys);
  expect(first).toMatch(/^1(?:-[0-9a-f]{16}){3}$/);
  expect(others).toEqual([first, first]);
});

test("with nothing to cache, a task from a local base asks the engine only what it must", async () => {
  const docker = await dockerLog();
  const result = await act({ command: "echo task" }, { env: docker.env });
  expect(result.outputs).toMatchObject({ "image-source": "base", "cache-hit": "false" });
  expect(result.outputs["base-digest"]).toBe(await imageId(BASE_IMAGE));
  const words = (await docker.commands()).map(([first]) => first);
  expect(words.filter((word) => word === "create")).toHaveLength(1);
  expect(words).not.toContain("buildx");
  expect(words).not.toContain("pull");
});
