import { expect, it } from "vitest";
import { pushedDigest, readRefusal, reasonIn } from "../../../src/engine/words.ts";

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
  ["full", "write /var/lib/docker/tmp/x: no space left on device"],
  ["full", "failed to register layer: mkdir /usr: disk quota exceeded"],
  [
    "too old",
    "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41",
  ],
  [
    "too old",
    "Error response from daemon: client version 1.24 is too old. Minimum supported API version is 1.44",
  ],
  [
    "no permission",
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
  ],
  [
    "unreachable",
    "failed to connect to the docker API at unix:///x.sock: no such file or directory",
  ],
  ["registry unreachable", 'Get "https://r.example/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
  [
    "registry unreachable",
    "Get https://r.example/v2/: x509: certificate signed by unknown authority",
  ],
  [
    "registry unreachable",
    "Get https://r.example/v2/: http: server gave HTTP response to HTTPS client",
  ],
  ["rate limited", "toomanyrequests: You have reached your pull rate limit"],
  ["too deep", "Error response from daemon: max depth exceeded"],
  ["platform", "exec /usr/bin/bash: exec format error"],
  ["platform", "no matching manifest for linux/arm64/v8 in the manifest list entries"],
  ["platform", "image with reference x was found but does not match the specified platform"],
  ["init missing", "exec /sbin/docker-init: no such file or directory"],
  [
    "init missing",
    'Error response from daemon: exec: "docker-init": executable file not found in $PATH',
  ],
  [
    "not shared",
    "Error response from daemon: Mounts denied: the path /w is not shared from the host",
  ],
  [
    "no program",
    'Error response from daemon: runc create failed: exec: "bash": executable file not found in $PATH: unknown',
  ],
  [
    "no user",
    "Error response from daemon: unable to find user agent: no matching entries in passwd file",
  ],
  ["name taken", 'Conflict. The container name "/x" is already in use by container "1"'],
  ["no network", "Error response from daemon: network agents not found"],
  ["absent", "manifest for r.example/x:1 not found: manifest unknown: manifest unknown"],
  ["absent", 'failed to resolve reference "r.example/x:1": r.example/x:1: not found'],
  ["other", "open /root/x: permission denied"],
] as const)("%s: %s", (kind, reason) => {
  expect(readRefusal(reason)).toEqual({ kind, reason });
});

it("does not take a word of the name for the engine's own", () => {
  const name = "registry.example/forbidden/denied:1";
  expect(readRefusal(`${name}: broken`, name).kind).toBe("other");
});

it("finds the digest that a push names last", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  expect(pushedDigest(`1: Pushed\nlatest: digest: ${digest} size: 1\n`)).toBe(digest);
  expect(pushedDigest("1: Pushed")).toBeUndefined();
});

it.each([
  ["unknown flag: --quiet\nSee 'docker cp --help'.", "unknown flag: --quiet"],
  [
    "unknown shorthand flag: 'q' in -q\n\nUsage:  docker cp [OPTIONS]\n\nRun 'docker cp --help' for more information",
    "unknown shorthand flag: 'q' in -q",
  ],
  ["WARNING: Error loading config file: x\nError: No such image: a", "Error: No such image: a"],
  [
    "Error response from daemon: x\nRun 'docker run --help' for more information",
    "Error response from daemon: x",
  ],
  ["DEPRECATED: the legacy builder\ndenied: no", "denied: no"],
  ["1: Pushing\nerror parsing HTTP 413 response body", "error parsing HTTP 413 response body"],
  ["first\nlast", "last"],
  ["", "it said nothing"],
])("the reason in %j is %j", (said, reason) => {
  expect(reasonIn(said)).toBe(reason);
});
