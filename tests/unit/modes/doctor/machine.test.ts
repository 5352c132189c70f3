import { join } from "node:path";
import { expect, it } from "vitest";
import { cache } from "../../../../src/modes/doctor/cache.ts";
import { disks, ownImages } from "../../../../src/modes/doctor/disk.ts";
import { certificates, proxy } from "../../../../src/modes/doctor/network.ts";
import { event, runner } from "../../../../src/modes/doctor/runner.ts";
import { hostOf, withoutLogin } from "../../../../src/modes/doctor/shown.ts";
import { workspace } from "../../settings/workspace.ts";
import { info, told, worldOf } from "./world.ts";

it.each([
  ["http://user:pass@proxy.example:3128/", "proxy.example:3128"],
  ["proxy.example:3128", "proxy.example:3128"],
  ["user:pass@proxy.example:3128", "proxy.example:3128"],
  ["http://user:p@ss/word@proxy.example:3128", "(its address cannot be read)"],
  ["user:p/word@proxy.example:3128", "(its address cannot be read)"],
  ["socks5://proxy.example:1080", "proxy.example:1080"],
  ["http://us%zz:pass@proxy.example", "proxy.example"],
  ["socks5://[::1]:1080", "[::1]:1080"],
  ["10.0.0.1:3128?x=secret", "10.0.0.1:3128"],
])("of the proxy %s only the host is shown", (address, shown) => {
  expect(hostOf(address)).toBe(shown);
});

it.each([
  ["tcp://127.0.0.1:2376", "tcp://127.0.0.1:2376"],
  ["https://user:p@ss@mirror.example/a", "https://mirror.example/a"],
  ["unix:///run/docker.sock", "unix:///run/docker.sock"],
])("of the address %s no login is shown", (address, shown) => {
  expect(withoutLogin(address)).toBe(shown);
});

it.each([
  [{}, {}, "ok proxy: none is set"],
  [
    { HTTPS_PROXY: "http://u:s3cret@proxy.example:1", no_proxy: "localhost" },
    {},
    "ok proxy: `HTTPS_PROXY` proxy.example:1, `no_proxy` localhost; builds and tasks get the same",
  ],
  [
    { http_proxy: "proxy.example:1" },
    { proxy: "off" },
    "ok proxy: `http_proxy` proxy.example:1; builds and tasks get none (`proxy: off`)",
  ],
  [
    { http_proxy: "http://127.0.0.1:1" },
    {},
    expect.stringMatching(
      /^note proxy: `http_proxy` 127\.0\.0\.1:1 → builds and tasks go without .*`proxy: off`$/,
    ),
  ],
])("the proxies of %j with %j", async (environment, inputs, expected) => {
  expect(told(await proxy.at((await worldOf({ environment, inputs })).world))).toEqual([expected]);
});

it("files of certificates are named once, and told where they are not there", async () => {
  const folder = workspace({ "ca.pem": "x" });
  const there = join(folder, "ca.pem");
  const gone = join(folder, "gone.pem");
  const environment = { SSL_CERT_FILE: there, PIP_CERT: there, NODE_EXTRA_CA_CERTS: gone };
  const job = { certificates: "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n" };
  const { world } = await worldOf({ environment, job });
  expect(told(await certificates.at(world))).toEqual([
    `ok certificates: ${there} by \`SSL_CERT_FILE\`, \`PIP_CERT\`; ${gone} by \`NODE_EXTRA_CA_CERTS\`; builds and tasks trust 2 of this machine's`,
    expect.stringMatching(
      /^problem certificates: what `NODE_EXTRA_CA_CERTS` names cannot be read: ENOENT.* → put the file there/,
    ),
  ]);
  expect(told(await certificates.at((await worldOf()).world))).toEqual([
    "ok certificates: no variable names any",
  ]);
});

const inActions = { GITHUB_ACTIONS: "true", PATH: process.env.PATH };
const service = {
  ...inActions,
  ACTIONS_RESULTS_URL: "https://results.example/",
  ACTIONS_RUNTIME_TOKEN: "t",
  ACTIONS_CACHE_SERVICE_V2: "true",
};
const push = { name: "push", payload: {} };
const fork = {
  name: "pull_request",
  payload: { pull_request: { head: { repo: { id: 1 } }, base: { repo: { id: 2 } } } },
};

it.each([
  [
    "on a terminal",
    {},
    undefined,
    {},
    "ok cache: there is no Actions cache outside of GitHub Actions",
  ],
  ["in a job", service, push, {}, "ok cache: the Actions cache is read and written"],
  [
    "turned off",
    service,
    push,
    { "actions-cache": "off" },
    "ok cache: the Actions cache is not used: `actions-cache: off`",
  ],
  [
    "beside a registry",
    service,
    push,
    { registry: "ghcr.io/team/cache" },
    "ok cache: the Actions cache is not used: images go to the `registry`",
  ],
  [
    "of a fork",
    service,
    fork,
    {},
    "note cache: the Actions cache is only read → nothing, if that is meant: the pull request is from a fork",
  ],
  [
    "of a job without",
    inActions,
    push,
    {},
    "note cache: this job has no Actions cache → set `registry`: without either, every runner builds its own images",
  ],
  [
    "asked for without",
    inActions,
    push,
    { "actions-cache": "read-write" },
    expect.stringMatching(
      /^note cache: this job has no Actions cache → `actions-cache: read-write` has no effect/,
    ),
  ],
  [
    "without tar",
    { ...service, PATH: "/nowhere" },
    push,
    {},
    "problem cache: the Actions cache cannot be used: there is no `tar` on the PATH → install `tar` on this runner",
  ],
])("the cache %s", async (_, environment, event, inputs, expected) => {
  expect(told(await cache.at((await worldOf({ environment, event, inputs })).world))).toEqual([
    expected,
  ]);
});

it.each([
  [undefined, {}, "ok event: none, on a terminal"],
  [undefined, inActions, expect.stringMatching(/^note event: nothing says which event/)],
  [push, inActions, "ok event: `push`, trusted"],
  [
    fork,
    inActions,
    expect.stringMatching(
      /^note event: `pull_request`, not trusted: the pull request is from a fork → /,
    ),
  ],
])("the event %j", async (given, environment, expected) => {
  expect(told(await event.at((await worldOf({ event: given, environment })).world))).toEqual([
    expected,
  ]);
});

it("the runner is whose it is", async () => {
  const environment = {
    RUNNER_ENVIRONMENT: "self-hosted",
    RUNNER_OS: "Linux",
    RUNNER_ARCH: "ARM64",
  };
  expect(told(await runner.at((await worldOf({ environment })).world))).toEqual([
    expect.stringMatching(
      /^ok runner: a self-hosted runner \(Linux, ARM64\), kernel \S+, user \d+$/,
    ),
  ]);
});

it.each([
  ["here", "unix:///var/run/docker.sock", ["disk", "engine's disk"]],
  ["on another machine, whatever lies here under that name", "tcp://other.example:2376", ["disk"]],
])("disks of an engine %s", async (_, host, expected) => {
  const folder = workspace();
  const { world } = await worldOf({
    environment: { RUNNER_TEMP: folder },
    docker: ([verb]) =>
      verb === "context"
        ? { stdout: host }
        : verb === "info"
          ? { stdout: JSON.stringify({ ...info, DockerRootDir: folder }) }
          : undefined,
  });
  const found = await disks.at(world);
  expect(found.map(({ about }) => about)).toEqual(expected);
  expect(found[0]?.says).toMatch(/^[\d.]+ [MG]B free in /);
});

it.each([
  [{ stdout: "" }, "ok images: none of Agent Runner's"],
  [
    { stdout: "sha256:a 5.59MB\nsha256:a 5.59MB\nsha256:b 1.2GB\n" },
    "ok images: 2 of Agent Runner's, 1206 MB at most: what they share is counted for each",
  ],
  [
    { code: 1 },
    "note images: the engine does not say which it has → ask it with `docker image ls`",
  ],
])("our images, of which it is said %j", async (said, expected) => {
  const { world } = await worldOf({ docker: ([verb]) => (verb === "image" ? said : undefined) });
  expect(told(await ownImages.at(world))).toEqual([expected]);
});
