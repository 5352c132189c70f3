import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import type { Fault } from "../../harness/proxy.ts";
import { act, layer, messages, type Ran, salt } from "../support/act.ts";
import { removeLayers, SMALL_BASE_IMAGE } from "../support/images.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { account, asked, sharing, uploads } from "../support/sharing.ts";

// Each fault meets the same warm start: an image is in the registry, none in the engine, and the task ends with 7. One
// fault of each kind is here: which are of a kind, and how often and after how long they are tried again, is in
// unit/registry/retries and unit/images/registry.
const registry = useRegistry({ htpasswd: account });
const version = salt();
const inputs = (more: Record<string, string> = {}) =>
  sharing(registry(), {
    "base-image": SMALL_BASE_IMAGE,
    pull: "never",
    "registry-username": account.username,
    "registry-password": account.password,
    "cache-version": version,
    command: "exit 7",
    push: "never", // it would look a second time
    ...more,
  });
let key: string;

beforeAll(async () => {
  const built = await act(inputs({ mode: "prebuild", push: "always" }));
  expect(built.exitCode).toBe(0);
  ({ key } = layer(built, "env"));
});
beforeEach(async () => {
  await removeLayers([key]);
  registry().fault = undefined;
  registry().requests.length = 0;
});

/** One run while requests for `what` fail, all of them or the first only. */
async function during(fault: Fault, what: RegExp, times = Number.POSITIVE_INFINITY) {
  let left = times;
  registry().fault = ({ path, userAgent }) => {
    if (userAgent !== "agent-runner" || !what.test(path) || left <= 0) return undefined;
    left -= 1;
    return fault;
  };
  const result = await act(inputs());
  await unharmed(result);
  return result;
}

/** Whatever the registry does, the task and its exit code are the task's, and nothing is left. */
async function unharmed(result: Ran) {
  expect(result.outputs).toMatchObject({ "exit-code": "7", conclusion: "failure" });
  expect(messages(result, "error")).toEqual([expect.stringContaining("exit code 7")]);
  await nothingLeft(result, { account });
}

function missed(result: Ran, why: RegExp) {
  expect(result.outputs["image-source"]).toBe("built");
  expect(messages(result, "warning")).toEqual([expect.stringMatching(why)]);
}

const manifest = /\/manifests\//;
const config = /\/blobs\//;

describe("what passes by itself is tried again, and the image is used", () => {
  test("503", async () => {
    const result = await during({ status: 503 }, manifest, 1);
    expect(result.outputs["image-source"]).toBe("registry");
    expect(messages(result, "warning")).toEqual([]);
    expect(asked(registry())).toEqual([
      ["manifests", 503],
      ["manifests", 401],
      ["manifests", 200],
      ["blobs", 200],
    ]);
  });

  test("an answer that breaks off", async () => {
    const result = await during({ truncateAfterBytes: 100 }, config, 1);
    expect(result.outputs["image-source"]).toBe("registry");
    expect(asked(registry()).map(([what]) => what)).toEqual([
      "manifests",
      "manifests",
      "blobs",
      "blobs",
    ]);
  });
});

describe("what does not pass is tried four times, then the task builds", () => {
  test.each<[string, Fault, RegExp]>([
    ["500", { status: 500 }, /answered 500/],
    ["an answer that breaks off", { truncateAfterBytes: 10 }, /cannot be reached/],
  ])("%s", async (_name, fault, why) => {
    missed(await during(fault, manifest), why);
    expect(asked(registry()).map(([what]) => what)).toEqual(Array(4).fill("manifests"));
  });
});

describe("what another attempt would meet again is asked once, then the task builds", () => {
  test.each<[string, Fault, RegExp | undefined]>([
    ["401", { status: 401 }, /answered 401/],
    ["404", { status: 404 }, undefined],
  ])("%s", async (_name, fault, why) => {
    const result = await during(fault, manifest);
    if (why) missed(result, why);
    else expect(messages(result, "warning")).toEqual([]);
    expect(result.outputs["image-source"]).toBe("built");
    expect(asked(registry())).toHaveLength(1);
  });

  test("401 with a question for a password that nobody has", async () => {
    const none = { "registry-username": "", "registry-password": "" };
    const result = await act({ ...inputs(), ...none });
    await unharmed(result);
    missed(result, /answered 401/);
    expect(asked(registry())).toEqual([["manifests", 401]]);
  });

  test("wrong bytes under a digest", async () => {
    missed(await during({ corrupt: true }, config), /got bytes of|not JSON/);
    expect(asked(registry()).filter(([what]) => what === "blobs")).toHaveLength(1);
  });
});

describe("a failed push is one warning or notice", () => {
  test.each<[string, number, "warning" | "notice"]>([
    ["500", 500, "warning"],
    ["403", 403, "notice"],
  ])("%s for the manifest", async (_name, status, level) => {
    registry().fault = ({ method, path }) =>
      method === "PUT" && manifest.test(path) ? { status } : undefined;
    const result = await act(inputs({ "cache-version": salt(), push: "always" }));
    await unharmed(result);
    expect(result.outputs["image-source"]).toBe("built");
    expect(layer(result, "env").pushed).toBe(false);
    expect(messages(result, level)).toEqual([
      expect.stringContaining("was not pushed to the registry"),
    ]);
    expect(messages(result, level === "notice" ? "warning" : "notice")).toEqual([]);
    expect(uploads(registry()).length).toBeGreaterThan(0);
    const puts = registry().requests.filter(
      ({ method, path }) => method === "PUT" && manifest.test(path),
    );
    // what may pass is tried three times more
    expect(puts.length).toBe(status === 500 ? 4 : 1);
  });
});

test("`on-cache-error: fail` turns the tolerance off", async () => {
  registry().fault = ({ path }) => (manifest.test(path) ? { status: 403 } : undefined);
  const result = await act(inputs({ "on-cache-error": "fail" }));
  expect(result.exitCode).toBe(1);
  expect(messages(result, "error")).toEqual([expect.stringContaining("answered 403")]);
  expect(result.outputs).not.toHaveProperty("exit-code");
  await nothingLeft(result, { account });
  // What another test finds is what this one found.
  expect(await run("docker", ["image", "ls", "--quiet", `agent-runner-env:${key}`])).toBe("");
});
