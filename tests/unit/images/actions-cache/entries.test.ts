import { describe, expect, it } from "vitest";
import { isRemoteHost } from "../../../../src/engine/engine.ts";
import {
  blobFile,
  blobKey,
  imageFile,
  imageKey,
  isImageKey,
} from "../../../../src/images/actions-cache/entries/names.ts";
import { workerEnvironment } from "../../../../src/images/actions-cache/entries/worker-process.ts";
import { whatIsTooLarge, whatIsTooMuch } from "../../../../src/images/actions-cache/limits.ts";

const digest = `sha256:${"a".repeat(64)}`;
const nothing = { bytes: 0, entries: 0 };

describe("the names of entries", () => {
  it("are what GitHub and a file system take", () => {
    expect(blobKey(digest)).toBe(`agent-runner-blob-sha256-${"a".repeat(64)}`);
    expect(blobFile(digest)).toBe(`sha256-${"a".repeat(64)}`);
    const key = imageKey(imageFile("image", "env", "k".repeat(126)), Date.now());
    expect(key.length).toBeLessThan(255);
    expect(key).not.toContain(",");
  });

  it.each([
    ["agent-runner-image-env-k-1700000000000", true],
    ["agent-runner-image-env-k-", false],
    ["agent-runner-image-env-k-2-1700000000000", false],
    ["agent-runner-image-env-kk-1700000000000", false],
    ["agent-runner-image-desktop-k-1700000000000", false],
  ])("an answer by its beginning is compared: %s", (key, same) => {
    expect(isImageKey(imageFile("image", "env", "k"), key)).toBe(same);
  });
});

describe("the limits", () => {
  it("let an image pass", () => {
    expect(whatIsTooMuch({ bytes: 2e9, entries: 12 }, nothing)).toBeUndefined();
  });

  it("count bytes and entries, with what was saved before", () => {
    expect(whatIsTooMuch({ bytes: 10.1e9, entries: 1 }, nothing)).toMatch(/10\.1 GB/);
    expect(whatIsTooMuch({ bytes: 6e9, entries: 1 }, { bytes: 6e9, entries: 1 })).toMatch(
      /12\.0 GB/,
    );
    expect(whatIsTooMuch({ bytes: 1, entries: 191 }, nothing)).toMatch(/191 entries/);
    expect(whatIsTooMuch({ bytes: 1, entries: 100 }, { bytes: 1, entries: 100 })).toMatch(/200/);
  });
});

describe("layers that are said to be in the cache", () => {
  it("are believed up to what a cache can hold", () => {
    expect(whatIsTooLarge(10e9)).toBeUndefined();
    expect(whatIsTooLarge(10.1e9)).toMatch(/said to have 10\.1 GB/);
  });
});

describe("the engine's address", () => {
  it.each([
    ["unix:///var/run/docker.sock", false],
    ["npipe:////./pipe/docker_engine", false],
    ["tcp://127.0.0.1:2375", false],
    ["tcp://localhost:2375", false],
    ["tcp://[::1]:2375", false],
    ["tcp://docker:2376", true],
    ["ssh://user@host", true],
    ["", false],
  ])("%s is remote: %s", (host, remote) => {
    expect(isRemoteHost(host)).toBe(remote);
  });
});

describe("the worker's environment", () => {
  it("has the service's address and token, and none of the step's other secrets", () => {
    const environment = workerEnvironment(
      {
        ACTIONS_RUNTIME_TOKEN: "t",
        ACTIONS_RESULTS_URL: "u",
        ACTIONS_CACHE_SERVICE_V2: "true",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret",
        GITHUB_TOKEN: "secret",
        "INPUT_REGISTRY-PASSWORD": "secret",
        GITHUB_WORKSPACE: "/w",
        RUNNER_TEMP: "/t",
        NODE_OPTIONS: "--inspect",
        https_proxy: "p",
        PATH: "/bin",
      },
      "/staging",
    );
    expect(environment).toEqual({
      ACTIONS_RUNTIME_TOKEN: "t",
      ACTIONS_RESULTS_URL: "u",
      ACTIONS_CACHE_SERVICE_V2: "true",
      MALLOC_ARENA_MAX: "2",
      GITHUB_WORKSPACE: "/staging",
      RUNNER_TEMP: "/staging",
      https_proxy: "p",
      PATH: "/bin",
    });
  });
});
