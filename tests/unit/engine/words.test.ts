import { expect, it } from "vitest";
import { pushedDigest, readRefusal } from "../../../src/engine/words.ts";

it.each([
  ["absent", "Error response from daemon: No such image: it:1"],
  ["absent", "Error: No such container: task"],
  ["absent", "Error response from daemon: Could not find the file /x in container task"],
  [
    "not shared",
    'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /home/runner/work/demo/demo',
  ],
  [
    "unreachable",
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  ],
  ["unreachable", "error during connect: Get http://x/v1.51/info: EOF"],
  ["denied", "denied: requested access to the resource is denied"],
  ["denied", "unauthorized: authentication required"],
  ["denied", "no basic auth credentials"],
  ["other", "device or resource busy"],
  ["other", ""],
] as const)("%s: %s", (kind, reason) => {
  expect(readRefusal(reason)).toEqual({ kind, reason });
});

it("does not take a word of the name for the engine's own", () => {
  const name = "registry.example/forbidden/denied:1";
  expect(readRefusal(`${name}: connection reset`, name).kind).toBe("other");
});

it("finds the digest that a push names last", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  expect(pushedDigest(`1: Pushed\nlatest: digest: ${digest} size: 1\n`)).toBe(digest);
  expect(pushedDigest("1: Pushed")).toBeUndefined();
});
